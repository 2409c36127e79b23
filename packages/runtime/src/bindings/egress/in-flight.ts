import { PlatformError } from '@openzimki/core'

/** What all calls of a cell hold together, so that many small greeds do not add up to the end of it. */
export class InFlight {
  readonly #maxCalls: number
  readonly #maxBytes: number
  #calls = 0
  #bytes = 0

  constructor(maxCalls: number, maxBytes: number) {
    this.#maxCalls = maxCalls
    this.#maxBytes = maxBytes
  }

  /** Begins a call; `leave` it exactly once. Errors: UNAVAILABLE when too many run. */
  enter(): InFlightCall {
    if (this.#calls >= this.#maxCalls)
      throw new PlatformError(
        'UNAVAILABLE',
        `${this.#maxCalls} outbound calls run already; try again in a moment`,
      )
    this.#calls++
    let held = 0
    return {
      hold: (bytes) => {
        if (this.#bytes + bytes > this.#maxBytes)
          throw new PlatformError(
            'UNAVAILABLE',
            'too much outbound data is held at once; try again in a moment',
          )
        this.#bytes += bytes
        held += bytes
        return held
      },
      leave: () => {
        this.#calls--
        this.#bytes -= held
        held = 0
      },
    }
  }
}

export interface InFlightCall {
  /** Adds bytes and returns those of this call. Errors: UNAVAILABLE when all calls together hold too many. */
  hold(bytes: number): number
  leave(): void
}
