import type { LinkStream } from '../contract.ts'

/** Sends an async iterable on a stream as fast as its credit allows. Call `onDrain` from the stream's handlers, and on its reset. */
export class OutgoingBody {
  #wake: (() => void) | null = null

  /**
   * Resolves when the whole body was given to the stream, or the stream is done; the source is then closed. Rejects with what the
   * source throws, and leaves it to the caller to reset the stream.
   */
  async send(stream: LinkStream, source: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const chunk of source) {
      if (!stream.done && !stream.write(chunk)) await this.#drain(stream)
      if (stream.done) return
    }
    stream.end()
  }

  onDrain(): void {
    const wake = this.#wake
    this.#wake = null
    wake?.()
  }

  async #drain(stream: LinkStream): Promise<void> {
    if (stream.done) return
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
  }
}
