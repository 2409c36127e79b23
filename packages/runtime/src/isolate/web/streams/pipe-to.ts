import { AbortSignal, onAbort } from '../abort-signal.ts'
import { promiseThen } from '../primordials.ts'
import { toDictionary } from '../webidl.ts'
import { quietDeferred } from './deferred.ts'
import type { ReadableCore } from './readable-core.ts'
import type { WritableCore } from './writable-core.ts'
import { writableCoreOf } from './writable-slot.ts'

interface PipeOptions {
  preventClose: boolean
  preventAbort: boolean
  preventCancel: boolean
  signal: AbortSignal | undefined
}

/** https://streams.spec.whatwg.org/#readable-stream-pipe-to. Throws TypeError for arguments that cannot be piped. */
export function pipeTo(source: ReadableCore, destination: unknown, options?: unknown): Promise<undefined> {
  const target = writableCoreOf(destination)
  if (!target) throw new TypeError('pipeTo: the destination must be a WritableStream')
  const given = toDictionary(options, 'pipeTo: the options')
  if (given.signal !== undefined && !(given.signal instanceof AbortSignal)) {
    throw new TypeError('pipeTo: signal must be an AbortSignal')
  }
  if (source.reader) throw new TypeError('pipeTo: the stream is locked to a reader')
  if (target.writer) throw new TypeError('pipeTo: the destination is locked to a writer')
  return new Pipe(source, target, {
    preventClose: Boolean(given.preventClose),
    preventAbort: Boolean(given.preventAbort),
    preventCancel: Boolean(given.preventCancel),
    signal: given.signal,
  }).done
}

class Pipe {
  readonly #source: ReadableCore
  readonly #target: WritableCore
  readonly #result = quietDeferred<undefined>()
  #lastWrite: Promise<unknown> = Promise.resolve()
  #isShuttingDown = false
  #forget: () => void = () => undefined

  constructor(source: ReadableCore, target: WritableCore, options: PipeOptions) {
    this.#source = source
    this.#target = target
    source.disturbed = true
    const reader = source.lock()
    const writer = target.lock()
    if (options.signal && !this.#obey(options.signal, options)) return
    promiseThen(
      reader.closed.promise,
      () => this.#sourceClosed(options),
      (error) => this.#shutDown(options.preventAbort ? null : () => target.abort(error), error),
    )
    promiseThen(
      writer.closed.promise,
      () => this.#targetClosed(options),
      (error) => this.#shutDown(options.preventCancel ? null : () => source.cancel(error), error),
    )
    if (target.isClosing || target.state === 'closed') this.#targetClosed(options)
    this.#pump()
  }

  /** A promise that is rejected with what went wrong. The program may ignore it only at its own risk. */
  get done(): Promise<undefined> {
    return this.#result.promise
  }

  #obey(signal: AbortSignal, { preventAbort, preventCancel }: PipeOptions): boolean {
    const stop = (): void => {
      const actions: (() => Promise<unknown>)[] = []
      if (!preventAbort && this.#target.state === 'writable')
        actions.push(() => this.#target.abort(signal.reason))
      if (!preventCancel && this.#source.state === 'readable')
        actions.push(() => this.#source.cancel(signal.reason))
      this.#shutDown(() => Promise.all(actions.map((action) => action())), signal.reason)
    }
    if (signal.aborted) {
      stop()
      return false
    }
    this.#forget = onAbort(signal, stop)
    return true
  }

  #sourceClosed({ preventClose }: PipeOptions): void {
    const target = this.#target
    const close = (): Promise<unknown> =>
      target.isClosing || target.state === 'closed' ? Promise.resolve() : target.close()
    this.#shutDown(preventClose ? null : close)
  }

  #targetClosed({ preventCancel }: PipeOptions): void {
    const error = new TypeError('pipeTo: the destination is closed')
    this.#shutDown(preventCancel ? null : () => this.#source.cancel(error), error)
  }

  #pump(): void {
    if (this.#isShuttingDown) return
    promiseThen(
      this.#target.writer!.ready.promise,
      () => this.#readOne(),
      () => undefined,
    )
  }

  #readOne(): void {
    if (this.#isShuttingDown) return
    this.#source.read({
      onChunk: (chunk) => {
        this.#lastWrite = this.#target.write(chunk)
        promiseThen(this.#lastWrite, undefined, () => undefined)
        this.#pump()
      },
      onClose: () => undefined,
      onError: () => undefined,
    })
  }

  /** Waits for what has been read to be written, then acts, then ends with the error, or else with the action's. */
  #shutDown(action: (() => Promise<unknown>) | null, ...error: [unknown?]): void {
    if (this.#isShuttingDown) return
    this.#isShuttingDown = true
    const act = (): unknown => {
      if (!action) return this.#finish(error)
      return promiseThen(
        action(),
        () => this.#finish(error),
        (failure) => this.#finish([failure]),
      )
    }
    const mustWait = this.#target.state === 'writable' && !this.#target.isClosing
    if (mustWait) promiseThen(this.#lastWrite, act, act)
    else act()
  }

  #finish(error: [unknown?]): void {
    this.#forget()
    this.#source.unlock()
    this.#target.unlock()
    if (error.length > 0) this.#result.reject(error[0])
    else this.#result.resolve(undefined)
  }
}
