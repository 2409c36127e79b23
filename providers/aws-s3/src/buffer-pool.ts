/** A fixed number of buffers, lent out one at a time: what all uploads together hold in memory. */
export class BufferPool {
  readonly #bytes: number
  #left: number
  readonly #free: Buffer[] = []
  readonly #waiting: ((buffer: Buffer) => void)[] = []

  constructor(count: number, bytes: number) {
    this.#left = count
    this.#bytes = bytes
  }

  /** Waits for a free one; `use` must not keep it. */
  async lend<T>(use: (buffer: Buffer) => Promise<T>): Promise<T> {
    const buffer = await this.#take()
    try {
      return await use(buffer)
    } finally {
      const next = this.#waiting.shift()
      if (next) next(buffer)
      else this.#free.push(buffer)
    }
  }

  #take(): Promise<Buffer> | Buffer {
    const free = this.#free.pop()
    if (free) return free
    if (this.#left > 0) {
      this.#left -= 1
      return Buffer.allocUnsafeSlow(this.#bytes)
    }
    return new Promise((resolve) => this.#waiting.push(resolve))
  }
}
