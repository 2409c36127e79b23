import type { PlatformError } from '@openzimki/core'

/** Chunks below this are gathered: a peer that sends byte by byte must not cost an object a byte. */
const SMALL_BYTES = 1024
const GATHER_BYTES = 16 * 1024

/**
 * The body of a stream as an async iterable that can be read once. What waits here is bounded by the stream's window,
 * because credit returns only as it is read.
 */
export class IncomingBody implements AsyncIterable<Uint8Array> {
  readonly #onTaken: (bytes: number) => void
  readonly #onAbandon: () => void
  #chunks: Uint8Array[] = []
  /** The last chunk, where small ones are gathered, and how much of it is used. */
  #tail: { buffer: Uint8Array; used: number } | null = null
  #state: 'open' | 'ended' | 'abandoned' = 'open'
  #error: PlatformError | null = null
  #wake: (() => void) | null = null

  /** `onTaken`: gives credit back. `onAbandon`: the reader stopped before the end. */
  constructor(onTaken: (bytes: number) => void, onAbandon: () => void) {
    this.#onTaken = onTaken
    this.#onAbandon = onAbandon
  }

  push(chunk: Uint8Array): void {
    if (this.#state === 'abandoned') {
      this.#onTaken(chunk.length)
      return
    }
    if (chunk.length < SMALL_BYTES) this.#gather(chunk)
    else {
      this.#closeTail()
      this.#chunks.push(chunk)
    }
    this.#notify()
  }

  end(): void {
    if (this.#state === 'open') this.#state = 'ended'
    this.#notify()
  }

  /** The reader gets this error after what has arrived. */
  fail(error: PlatformError): void {
    if (this.#state !== 'open') return
    this.#error = error
    this.end()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (;;) {
        this.#closeTail()
        const chunk = this.#chunks.shift()
        if (chunk !== undefined) {
          this.#onTaken(chunk.length)
          yield chunk
        } else if (this.#state === 'open') await this.#arrival()
        else break
      }
      if (this.#error !== null) throw this.#error
    } finally {
      this.#abandon()
    }
  }

  #abandon(): void {
    const early = this.#state === 'open'
    this.#state = 'abandoned'
    this.#closeTail()
    for (const chunk of this.#chunks) this.#onTaken(chunk.length)
    this.#chunks = []
    if (early) this.#onAbandon()
  }

  #arrival(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  #notify(): void {
    const wake = this.#wake
    this.#wake = null
    wake?.()
  }

  #gather(chunk: Uint8Array): void {
    if (this.#tail !== null && this.#tail.used + chunk.length > GATHER_BYTES) this.#closeTail()
    this.#tail ??= { buffer: new Uint8Array(GATHER_BYTES), used: 0 }
    this.#tail.buffer.set(chunk, this.#tail.used)
    this.#tail.used += chunk.length
  }

  #closeTail(): void {
    if (this.#tail === null) return
    this.#chunks.push(this.#tail.buffer.subarray(0, this.#tail.used))
    this.#tail = null
  }
}
