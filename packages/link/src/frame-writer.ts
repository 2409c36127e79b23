import type { Duplex } from 'node:stream'
import { PlatformError } from '@openzimki/core'
import { FLAG_END, FRAME, FRAME_FIXED_BYTES, FRAME_HEADER_BYTES } from './wire.ts'

const SLAB_BYTES = 64 * 1024
/** A turn starts with at least this much of a slab, because a turn that crosses into the next one costs a longer system call. */
const SPARE_BYTES = 16 * 1024
/** Pieces from this size on go out by reference; copying smaller ones into the slab is cheaper than a longer writev. */
const BY_REFERENCE_BYTES = 8 * 1024
/** A turn that has written this much does not wait for its end. */
const EARLY_FLUSH_BYTES = 256 * 1024
/** Nor one with so many heads: the peer begins on them while the others are made. */
const EARLY_FLUSH_HEADS = 16

/**
 * Gathers the frames of one turn of the event loop in a slab and hands them to the socket in one write, or a few where they are many. A slab is
 * never written over, so the socket may hold what it was given as long as it wants.
 */
export class FrameWriter {
  /** The socket holds more than it wants; no body should be written until `onDrain`. */
  blocked = false
  readonly #socket: Duplex
  readonly #onDrain: () => void
  readonly #turnEnds = (): void => {
    this.#scheduled = false
    this.flush()
  }
  #slab: Buffer = Buffer.allocUnsafeSlow(SLAB_BYTES)
  #start = 0
  #at = 0
  #parts: Uint8Array[] = []
  #partBytes = 0
  /** Heads that are not flushed yet. */
  #heads = 0
  #scheduled = false
  #closed = false

  constructor(socket: Duplex, onDrain: () => void) {
    this.#socket = socket
    this.#onDrain = onDrain
    socket.on('drain', () => this.#drained())
  }

  /** OPEN or HEAD. Throws TOO_LARGE, and writes nothing, when the head has more than `maxHeadBytes` in UTF-8. */
  head(
    type: number,
    flags: number,
    stream: number,
    head: string,
    body: Uint8Array | null,
    maxHeadBytes: number,
  ): void {
    if (head.length > maxHeadBytes) throw tooLong(head.length, maxHeadBytes)
    const size = body === null ? 0 : body.length
    const inline = size < BY_REFERENCE_BYTES
    const at = this.#reserve(FRAME_HEADER_BYTES + 4 + head.length * 3 + (inline ? size : 0))
    const slab = this.#slab
    const headAt = at + FRAME_HEADER_BYTES + 4
    const headBytes = slab.write(head, headAt)
    if (headBytes > maxHeadBytes) throw tooLong(headBytes, maxHeadBytes)
    slab.writeUInt32BE(headBytes, at + FRAME_HEADER_BYTES)
    this.#header(at, 4 + headBytes + size, type, flags, stream)
    this.#at = headAt + headBytes
    if (size > 0) this.#body(body as Uint8Array, inline)
    this.#heads += 1
    this.#schedule()
  }

  /** DATA with `chunk` from `start` to `end`. */
  data(stream: number, chunk: Uint8Array, start: number, end: number, last: boolean): void {
    const size = end - start
    const inline = size < BY_REFERENCE_BYTES
    const at = this.#reserve(FRAME_HEADER_BYTES + (inline ? size : 0))
    this.#header(at, size, FRAME.data, last ? FLAG_END : 0, stream)
    this.#at = at + FRAME_HEADER_BYTES
    if (size > 0) this.#body(size === chunk.length ? chunk : chunk.subarray(start, end), inline)
    this.#schedule()
  }

  /** A frame whose payload is nothing but numbers. */
  numbers(type: number, stream: number, values: readonly number[]): void {
    const at = this.#reserve(FRAME_HEADER_BYTES + values.length * 4)
    this.#header(at, values.length * 4, type, 0, stream)
    this.#at = at + FRAME_HEADER_BYTES
    for (const value of values) this.#at = this.#slab.writeUInt32BE(value, this.#at)
    this.#schedule()
  }

  /** A frame whose payload is a text. */
  text(type: number, stream: number, text: string): void {
    const bytes = Buffer.byteLength(text)
    const at = this.#reserve(FRAME_HEADER_BYTES + bytes)
    this.#header(at, bytes, type, 0, stream)
    this.#at = at + FRAME_HEADER_BYTES + this.#slab.write(text, at + FRAME_HEADER_BYTES)
    this.#schedule()
  }

  /** Writes what has gathered, now. */
  flush(): void {
    this.#heads = 0
    if (this.#closed) return
    this.#seal()
    const parts = this.#parts
    if (parts.length === 0) return
    this.#parts = []
    this.#partBytes = 0
    const socket = this.#socket
    let taken = true
    if (parts.length > 1) socket.cork()
    for (const part of parts) taken = socket.write(part)
    if (parts.length > 1) socket.uncork()
    // A write that the kernel took at once leaves nothing behind, whatever write() answered.
    this.blocked = !taken && socket.writableLength > 0
  }

  /** Drops what was not flushed; nothing is written any more. */
  close(): void {
    this.#closed = true
    this.#parts = []
  }

  #drained(): void {
    if (!this.blocked) return
    this.blocked = false
    this.#onDrain()
  }

  #reserve(bytes: number): number {
    if (this.#at + bytes > this.#slab.length) {
      this.#seal()
      this.#renew(bytes)
    } else if (!this.#scheduled && this.#at === this.#start && this.#slab.length - this.#at < SPARE_BYTES) {
      this.#renew(bytes)
    }
    return this.#at
  }

  #renew(bytes: number): void {
    this.#slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, bytes))
    this.#start = 0
    this.#at = 0
  }

  #header(at: number, payloadBytes: number, type: number, flags: number, stream: number): void {
    const slab = this.#slab
    slab.writeUInt32BE(payloadBytes + FRAME_FIXED_BYTES, at)
    slab[at + 4] = type
    slab[at + 5] = flags
    slab.writeUInt32BE(stream, at + 6)
  }

  #body(body: Uint8Array, inline: boolean): void {
    if (inline) {
      this.#slab.set(body, this.#at)
      this.#at += body.length
      return
    }
    this.#seal()
    this.#parts.push(body)
    this.#partBytes += body.length
  }

  #seal(): void {
    if (this.#at === this.#start) return
    this.#parts.push(this.#slab.subarray(this.#start, this.#at))
    this.#partBytes += this.#at - this.#start
    this.#start = this.#at
  }

  #schedule(): void {
    if (this.#partBytes >= EARLY_FLUSH_BYTES || this.#heads >= EARLY_FLUSH_HEADS) this.flush()
    else if (!this.#scheduled) {
      this.#scheduled = true
      setImmediate(this.#turnEnds)
    }
  }
}

function tooLong(bytes: number, maxBytes: number): PlatformError {
  return new PlatformError(
    'TOO_LARGE',
    `a head of ${bytes} bytes or more was given; at most ${maxBytes} are allowed`,
  )
}
