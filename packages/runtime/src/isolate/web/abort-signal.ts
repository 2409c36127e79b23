import { DOMException } from './dom-exception.ts'
import { Event } from './event.ts'
import { EventTarget } from './event-target.ts'

const CONSTRUCTING = Symbol('only the platform makes signals')

type Handler = ((event: Event) => unknown) | null

let abortSignal: (signal: AbortSignal, reason: unknown) => void
/** For the platform: `onAbort(signal, algorithm)` returns what takes the algorithm back. */
let onAbort: (signal: AbortSignal, algorithm: () => void) => () => void

/** https://dom.spec.whatwg.org/#interface-AbortSignal. `AbortSignal.timeout` is added where the timers are installed. */
export class AbortSignal extends EventTarget {
  #aborted = false
  #reason: unknown
  #algorithms: (() => void)[] = []
  #onabort: Handler = null

  constructor(key?: symbol) {
    super()
    if (key !== CONSTRUCTING) throw new TypeError('Illegal constructor: use new AbortController().signal')
  }

  get aborted(): boolean {
    return this.#aborted
  }

  get reason(): unknown {
    return this.#reason
  }

  get onabort(): Handler {
    return this.#onabort
  }

  set onabort(handler: unknown) {
    if (this.#onabort) this.removeEventListener('abort', this.#onabort)
    this.#onabort = typeof handler === 'function' ? (handler as Handler) : null
    if (this.#onabort) this.addEventListener('abort', this.#onabort)
  }

  throwIfAborted(): void {
    if (this.#aborted) throw this.#reason
  }

  static abort(reason?: unknown): AbortSignal {
    const signal = new AbortSignal(CONSTRUCTING)
    signal.#abort(reason)
    return signal
  }

  static any(signals: Iterable<AbortSignal>): AbortSignal {
    const result = new AbortSignal(CONSTRUCTING)
    const sources = [...signals]
    for (const source of sources) {
      if (!(source instanceof AbortSignal))
        throw new TypeError('AbortSignal.any needs a list of AbortSignals')
    }
    const aborted = sources.find((source) => source.#aborted)
    if (aborted) result.#abort(aborted.#reason)
    else for (const source of sources) source.#algorithms.push(() => result.#abort(source.#reason))
    return result
  }

  #abort(reason: unknown): void {
    if (this.#aborted) return
    this.#aborted = true
    this.#reason =
      reason === undefined ? new DOMException('This operation was aborted', 'AbortError') : reason
    const algorithms = this.#algorithms
    this.#algorithms = []
    for (const algorithm of algorithms) algorithm()
    this.dispatchEvent(new Event('abort'))
  }

  /** Runs the function when the signal aborts, before its listeners; returns what takes it back. */
  static #onAbort(signal: AbortSignal, algorithm: () => void): () => void {
    signal.#algorithms.push(algorithm)
    return () => {
      signal.#algorithms = signal.#algorithms.filter((each) => each !== algorithm)
    }
  }

  static {
    abortSignal = (signal, reason) => signal.#abort(reason)
    onAbort = AbortSignal.#onAbort
  }
}

/** A signal that the platform aborts itself. */
export const createSignal = (): AbortSignal => new AbortSignal(CONSTRUCTING)

export { abortSignal, onAbort }
