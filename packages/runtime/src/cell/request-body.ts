import { PlatformError } from '@openzimki/core'
import type { LinkStream } from '@openzimki/link'

/** The body of a request as it arrives. Credit goes back to the gateway only for what was taken out. */
export class RequestBody {
  readonly #stream: LinkStream
  #chunks: Uint8Array[] = []
  #ended = false
  #failure: PlatformError | null = null
  #waiting: (() => void) | null = null
  /** Bytes that arrived. */
  bytes = 0

  constructor(stream: LinkStream) {
    this.#stream = stream
  }

  push(chunk: Uint8Array): void {
    this.bytes += chunk.byteLength
    this.#chunks.push(chunk)
    this.#wake()
  }

  end(): void {
    this.#ended = true
    this.#wake()
  }

  fail(error: PlatformError): void {
    this.#failure ??= error
    this.#chunks = []
    this.#wake()
  }

  /** All of it has arrived. */
  get complete(): boolean {
    return this.#ended
  }

  /** All of it, once it is complete. TOO_LARGE beyond `maxBytes`. */
  take(maxBytes: number): Buffer {
    const chunks = this.#chunks
    if (chunks.length === 0) return NOTHING
    if (this.bytes > maxBytes) throw tooLarge(maxBytes)
    this.cancel()
    return chunks.length === 1 ? asBuffer(chunks[0]!) : Buffer.concat(chunks)
  }

  /** The next chunk, or null at the end. Rejects when the client is gone. */
  async next(): Promise<Uint8Array | null> {
    while (this.#chunks.length === 0) {
      if (this.#failure) throw this.#failure
      if (this.#ended) return null
      await new Promise<void>((resolve) => {
        this.#waiting = resolve
      })
    }
    const chunk = this.#chunks.shift()!
    this.#stream.consumed(chunk.byteLength)
    return chunk
  }

  /** All of it. TOO_LARGE beyond `maxBytes`. */
  async whole(maxBytes: number): Promise<Buffer> {
    const parts: Uint8Array[] = []
    let size = 0
    for (let chunk = await this.next(); chunk; chunk = await this.next()) {
      size += chunk.byteLength
      if (size > maxBytes) throw tooLarge(maxBytes)
      parts.push(chunk)
    }
    return Buffer.concat(parts)
  }

  /** Takes and forgets the rest. */
  cancel(): void {
    for (const chunk of this.#chunks) this.#stream.consumed(chunk.byteLength)
    this.#chunks = []
  }

  #wake(): void {
    const wake = this.#waiting
    this.#waiting = null
    wake?.()
  }
}

const NOTHING = Buffer.alloc(0)

const asBuffer = (chunk: Uint8Array): Buffer => Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)

function tooLarge(maxBytes: number): PlatformError {
  return new PlatformError(
    'TOO_LARGE',
    `the request body is larger than the realm's limit of ${maxBytes} bytes`,
    { details: { limit: 'requestBytes' } },
  )
}
