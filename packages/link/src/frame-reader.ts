import { PlatformError } from '@openzimki/core'
import { FRAME_FIXED_BYTES, FRAME_HEADER_BYTES } from './wire.ts'

/** Takes whole frames; the payload is `buffer` from `start` to `end`, not copied. */
export type FrameSink = (
  type: number,
  flags: number,
  stream: number,
  buffer: Buffer,
  start: number,
  end: number,
) => void

/**
 * Cuts what arrives into frames. Frames that lie whole in a chunk are parsed in place; one that straddles chunks is
 * put together in a buffer of its own length, so a peer that sends byte by byte costs one frame of memory.
 */
export class FrameReader {
  readonly #sink: FrameSink
  readonly #maxLength: number
  #hold: Buffer | null = null
  #held = 0
  #stopped = false

  /** `maxLength`: the largest `length` field accepted. */
  constructor(maxLength: number, sink: FrameSink) {
    this.#sink = sink
    this.#maxLength = maxLength
  }

  /** Nothing is parsed after this, not even the rest of the present chunk. */
  stop(): void {
    this.#stopped = true
    this.#hold = null
  }

  /** Throws PROTOCOL for a length that no frame can have. */
  push(chunk: Buffer): void {
    let at = 0
    while (this.#hold !== null && at < chunk.length) at = this.#fill(chunk, at)
    at = this.#parse(chunk, at)
    if (at < chunk.length && !this.#stopped) this.#keep(chunk, at)
  }

  #parse(chunk: Buffer, from: number): number {
    const size = chunk.length
    let at = from
    while (size - at >= FRAME_HEADER_BYTES && !this.#stopped) {
      const end = at + 4 + this.#length(chunk, at)
      if (end > size) break
      this.#emit(chunk, at, end)
      at = end
    }
    return at
  }

  #length(chunk: Buffer, at: number): number {
    const length = chunk.readUInt32BE(at)
    if (length < FRAME_FIXED_BYTES || length > this.#maxLength) {
      throw new PlatformError(
        'PROTOCOL',
        `a frame of ${length} bytes was announced; at most ${this.#maxLength} are allowed`,
      )
    }
    return length
  }

  #emit(chunk: Buffer, at: number, end: number): void {
    const type = chunk[at + 4] as number
    const flags = chunk[at + 5] as number
    this.#sink(type, flags, chunk.readUInt32BE(at + 6), chunk, at + FRAME_HEADER_BYTES, end)
  }

  /** Keeps the start of a frame; its full length is known once its header is there. */
  #keep(chunk: Buffer, at: number): void {
    const rest = chunk.length - at
    const size = rest >= FRAME_HEADER_BYTES ? 4 + this.#length(chunk, at) : FRAME_HEADER_BYTES
    this.#hold = Buffer.allocUnsafeSlow(size)
    this.#held = chunk.copy(this.#hold, 0, at)
  }

  #fill(chunk: Buffer, from: number): number {
    let hold = this.#hold as Buffer
    const taken = chunk.copy(hold, this.#held, from, Math.min(chunk.length, from + hold.length - this.#held))
    this.#held += taken
    if (this.#held < hold.length) return from + taken
    const size = 4 + this.#length(hold, 0)
    if (size > hold.length) {
      const header = hold
      hold = Buffer.allocUnsafeSlow(size)
      header.copy(hold)
      this.#hold = hold
    } else {
      this.#hold = null
      this.#emit(hold, 0, size)
    }
    return from + taken
  }
}
