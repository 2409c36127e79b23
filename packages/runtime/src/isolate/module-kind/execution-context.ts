import { promiseResolve, promiseThen, TypeErrorClass } from '../web/primordials.ts'

const TOO_LATE =
  'ctx.waitUntil was called after the request was over: the response is sent and nothing it was given still runs'

let settle: (context: ExecutionContext) => void

/**
 * The third argument of the program's `fetch`. `waitUntil` keeps the request's account open until the promise has settled;
 * the response is not held up by it.
 */
export class ExecutionContext {
  readonly #onIdle: () => void
  readonly #onFailure: (error: unknown) => void
  /** What still runs: the promises given, and the handler itself. */
  #running = 1
  readonly props = {}

  constructor(onIdle: () => void, onFailure: (error: unknown) => void) {
    this.#onIdle = onIdle
    this.#onFailure = onFailure
  }

  waitUntil(promise: unknown): void {
    if (this.#running === 0) throw new TypeErrorClass(TOO_LATE)
    this.#running++
    promiseThen(
      promiseResolve(promise),
      () => this.#settled(),
      (error) => {
        this.#onFailure(error)
        this.#settled()
      },
    )
  }

  /** There is nothing behind the program to pass on to; here so that programs written elsewhere run. */
  passThroughOnException(): void {
    return
  }

  #settled(): void {
    if (--this.#running === 0) this.#onIdle()
  }

  static {
    settle = (context) => context.#settled()
  }
}

/** Says that the handler is done and its response sent. */
export { settle }
