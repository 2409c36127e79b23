/** Buffers lent out, never more than so many at a time: what all uploads together hold in memory. Idle, it holds one at most. */
export class BufferPool {
  readonly #bytes: number
  #left: number
  #idle: Buffer | null = null
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
      else {
        this.#left += 1
        this.#idle = buffer
      }
    }
  }

  #take(): Promise<Buffer> | Buffer {
    if (this.#left === 0) return new Promise((resolve) => this.#waiting.push(resolve))
    this.#left -= 1
    const buffer = this.#idle ?? Buffer.allocUnsafeSlow(this.#bytes)
    this.#idle = null
    return buffer
  }
}
