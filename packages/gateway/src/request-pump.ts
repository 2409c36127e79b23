import type { IncomingMessage } from 'node:http'
import type { LinkStream } from '@openzimki/link'

/** Carries the body of a client's request into a stream, as fast as the cell takes it. */
export class RequestPump {
  /** Bytes that came from the client. */
  bytes = 0
  readonly #request: IncomingMessage
  readonly #maxBytes: number
  readonly #onTooLarge: () => void
  #stream: LinkStream | null = null
  #ended = false

  constructor(request: IncomingMessage, maxBytes: number, onTooLarge: () => void) {
    this.#request = request
    this.#maxBytes = maxBytes
    this.#onTooLarge = onTooLarge
  }

  /** Begins, or goes on with the stream of a second attempt while nothing was read yet. */
  attach(stream: LinkStream): void {
    const first = this.#stream === null
    this.#stream = stream
    if (this.#ended) stream.end()
    if (!first) return
    this.#request.on('data', (chunk: Buffer) => this.#take(chunk))
    this.#request.on('end', () => {
      this.#ended = true
      this.#stream?.end()
    })
  }

  /** The stream has room again. */
  drained(): void {
    this.#request.resume()
  }

  #take(chunk: Buffer): void {
    this.bytes += chunk.length
    const stream = this.#stream
    if (stream === null || stream.done) return
    if (this.bytes > this.#maxBytes) this.#onTooLarge()
    else if (!stream.write(chunk)) this.#request.pause()
  }
}
