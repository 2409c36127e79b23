import { PlatformError } from '@openzimki/core'

const FIRST_BYTES = 32 * 1024

/** Gathers a body up to a bound, in one buffer that doubles. */
export class WholeBody {
  readonly #maxBytes: number
  #buffer: Buffer = Buffer.alloc(0)
  #used = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Bytes held in memory. */
  get heldBytes(): number {
    return this.#buffer.length
  }

  /** Throws TOO_LARGE beyond the bound. */
  push(chunk: Uint8Array): void {
    const used = this.#used + chunk.length
    if (used > this.#maxBytes) {
      throw new PlatformError('TOO_LARGE', `a body has more than the ${this.#maxBytes} bytes allowed`)
    }
    if (used > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(
        Math.max(FIRST_BYTES, chunk.length, Math.min(this.#maxBytes, used * 2)),
      )
      larger.set(this.#buffer.subarray(0, this.#used))
      this.#buffer = larger
    }
    this.#buffer.set(chunk, this.#used)
    this.#used = used
  }

  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#used)
  }
}
