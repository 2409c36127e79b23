import { type AbortSignal, abortSignal, createSignal } from './abort-signal.ts'

/** https://dom.spec.whatwg.org/#interface-abortcontroller */
export class AbortController {
  #signal = createSignal()

  get signal(): AbortSignal {
    return this.#signal
  }

  abort(reason?: unknown): void {
    abortSignal(this.#signal, reason)
  }
}
