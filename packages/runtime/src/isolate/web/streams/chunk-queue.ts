/** "Queue-with-sizes" of https://streams.spec.whatwg.org/#queue-with-sizes; taking from its front is cheap. */
export class ChunkQueue<T> {
  #items: { chunk: T; size: number }[] = []
  #head = 0
  #size = 0

  /** The sum of the sizes of what is queued. */
  get size(): number {
    return this.#size
  }

  get isEmpty(): boolean {
    return this.#head === this.#items.length
  }

  push(chunk: T, size: number): void {
    this.#items.push({ chunk, size })
    this.#size += size
  }

  peek(): T {
    return this.#items[this.#head]!.chunk
  }

  shift(): T {
    const { chunk, size } = this.#items[this.#head]!
    this.#items[this.#head++] = undefined as never
    if (this.#head === this.#items.length) this.clear()
    else {
      this.#size = Math.max(0, this.#size - size)
      if (this.#head > 64 && this.#head * 2 > this.#items.length) {
        this.#items = this.#items.slice(this.#head)
        this.#head = 0
      }
    }
    return chunk
  }

  /** Puts a chunk back at the front. */
  unshift(chunk: T, size: number): void {
    this.#items = [{ chunk, size }, ...this.#items.slice(this.#head)]
    this.#head = 0
    this.#size += size
  }

  clear(): void {
    this.#items = []
    this.#head = 0
    this.#size = 0
  }
}
