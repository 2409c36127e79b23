import { PlatformError } from '@openzimki/core'
import type { LinkStream, StreamHandlers } from './contract.ts'
import type { FrameWriter } from './frame-writer.ts'
import { DATA_FRAME_BYTES, FLAG_END, FRAME } from './wire.ts'

/** What a stream needs of its link. */
export interface StreamOwner {
  readonly writer: FrameWriter
  /** Our window: what the peer may send ahead. */
  readonly windowBytes: number
  /** The peer's bound for a head. */
  readonly peerHeadBytes: number
  /** The stream is done; forget it. */
  release(stream: MuxStream, endedWell: boolean): void
  /** The stream has something to send, or somebody to tell, once the socket has drained. */
  waitForDrain(stream: MuxStream): void
  sendReset(id: number, error: PlatformError): void
}

/** One stream of a link, either side. The link calls the `take...` methods with what the peer sent. */
export class MuxStream implements LinkStream {
  readonly head: string
  readonly id: number
  readonly opener: boolean
  handlers: StreamHandlers
  done = false
  /** For the link's table alone. */
  nextInBucket: MuxStream | null = null
  readonly #owner: StreamOwner
  /** Bytes that the peer's window lets us send. */
  #sendCredit: number
  /** Bytes that our window lets the peer send. */
  #receiveCredit: number
  /** Taken by the consumer and not yet told to the peer. */
  #owed = 0
  /** Chunks that wait for credit or for the socket. */
  #queue: Uint8Array[] = []
  #wantsDrain = false
  #answered = false
  #ending = false
  #sentEnd = false
  #gotEnd = false

  constructor(
    owner: StreamOwner,
    id: number,
    head: string,
    opener: boolean,
    handlers: StreamHandlers,
    credit: number,
  ) {
    this.#owner = owner
    this.id = id
    this.head = head
    this.opener = opener
    this.handlers = handlers
    this.#sendCredit = credit
    this.#receiveCredit = owner.windowBytes
  }

  /** Opener: the first frame. A body beyond the credit follows as data. */
  start(body: Uint8Array | null | undefined, end: boolean): void {
    this.#first(FRAME.open, this.head, body, end || body != null)
  }

  respond(head: string, body?: Uint8Array | null): void {
    if (this.done) return
    if (this.opener || this.#answered) throw misuse('a stream is answered once, by the side that accepted it')
    this.#first(FRAME.head, head, body, body !== undefined)
  }

  write(chunk: Uint8Array): boolean {
    if (this.done) return false
    if (this.#ending) throw misuse('write after end')
    if (!this.opener && !this.#answered) throw misuse('write before respond')
    if (this.#queue.length > 0) {
      if (chunk.length > 0) this.#queue.push(chunk)
    } else {
      const sent = this.#send(chunk, false)
      if (sent < chunk.length) this.#queue.push(sent === 0 ? chunk : chunk.subarray(sent))
      else if (this.#sendCredit > 0 && !this.#owner.writer.blocked) return true
    }
    this.#wantsDrain = true
    this.#awaitSocket()
    return false
  }

  end(): void {
    if (this.done || this.#ending) return
    if (!this.opener && !this.#answered) throw misuse('end before respond')
    this.#ending = true
    this.#wantsDrain = false
    if (this.#queue.length === 0) this.#sendEnd()
  }

  reset(error: PlatformError): void {
    if (this.done) return
    this.#owner.sendReset(this.id, error)
    this.#finish(false)
  }

  consumed(bytes: number): void {
    if (this.done || this.#gotEnd) return
    this.#owed += bytes
    if (this.#owed + this.#receiveCredit > this.#owner.windowBytes)
      throw misuse('consumed more than was received')
    if (this.#owed * 2 < this.#owner.windowBytes) return
    this.#receiveCredit += this.#owed
    this.#owner.writer.numbers(FRAME.credit, this.id, [this.#owed])
    this.#owed = 0
  }

  /** Sends what waits, as far as credit and socket allow, and tells the writer when there is room again. */
  pump(): void {
    const queue = this.#queue
    while (queue.length > 0 && !this.done) {
      const chunk = queue[0] as Uint8Array
      const sent = this.#send(chunk, this.#ending && queue.length === 1)
      if (sent < chunk.length) {
        queue[0] = chunk.subarray(sent)
        this.#awaitSocket()
        return
      }
      queue.shift()
    }
    if (this.done || !this.#wantsDrain || this.#sendCredit === 0) return
    if (this.#owner.writer.blocked) {
      this.#awaitSocket()
      return
    }
    this.#wantsDrain = false
    try {
      this.handlers.onDrain?.()
    } catch (thrown) {
      this.fail(thrown)
    }
  }

  /** The peer's HELLO or CREDIT. False: more than its window `limit`. */
  takeCredit(bytes: number, limit: number): boolean {
    this.#sendCredit += bytes
    if (this.#sendCredit > limit) return false
    this.pump()
    return true
  }

  takeHead(head: string): void {
    if (!this.opener || this.#answered) throw violation('a second head')
    this.#answered = true
    try {
      this.handlers.onHead?.(head)
    } catch (thrown) {
      this.fail(thrown)
    }
  }

  /** Body that came with the head, or in a frame of its own. */
  takeData(buffer: Buffer, start: number, end: number, last: boolean): void {
    if (this.done) return
    if (this.#gotEnd) throw violation('data after the end')
    if (this.opener && !this.#answered) throw violation('data before the head')
    const bytes = end - start
    if (bytes > this.#receiveCredit) throw violation('more data than there was credit for')
    this.#receiveCredit -= bytes
    try {
      if (bytes > 0) this.#deliver(buffer, start, end)
      if (!last || this.done) return
      this.#gotEnd = true
      if (this.#sentEnd) this.#finish(true)
      this.handlers.onEnd?.()
    } catch (thrown) {
      this.fail(thrown)
    }
  }

  /** The peer's reset, or the end of the link. */
  kill(error: PlatformError): void {
    if (this.done) return
    this.#finish(false)
    this.handlers.onReset?.(error)
  }

  /** A handler threw. The peer learns no more than a PlatformError says; the handlers' owner gets all of it by onReset. */
  fail(thrown: unknown): void {
    if (this.done) return
    const error = PlatformError.from(thrown)
    this.reset(
      thrown instanceof PlatformError ? error : new PlatformError('INTERNAL', 'the other side failed'),
    )
    this.handlers.onReset?.(error)
  }

  #deliver(buffer: Buffer, start: number, end: number): void {
    if (this.handlers.onData === undefined) this.consumed(end - start)
    else this.handlers.onData(buffer.subarray(start, end))
  }

  /** Throws TOO_LARGE, and has done nothing, when the peer does not take so long a head. */
  #first(type: number, head: string, body: Uint8Array | null | undefined, whole: boolean): void {
    const { writer, peerHeadBytes } = this.#owner
    const size = body == null ? 0 : body.length
    const fits = size <= this.#sendCredit
    const inline = fits && size > 0 ? (body as Uint8Array) : null
    writer.head(type, fits && whole ? FLAG_END : 0, this.id, head, inline, peerHeadBytes)
    if (!this.opener) this.#answered = true
    if (!fits) {
      this.write(body as Uint8Array)
      this.end()
      return
    }
    this.#sendCredit -= size
    if (whole) this.#endSent()
  }

  /** Sends from the start of the chunk; answers how much went. */
  #send(chunk: Uint8Array, end: boolean): number {
    const writer = this.#owner.writer
    let at = 0
    while (at < chunk.length && this.#sendCredit > 0 && !writer.blocked) {
      const size = Math.min(chunk.length - at, this.#sendCredit, DATA_FRAME_BYTES)
      const last = end && at + size === chunk.length
      this.#sendCredit -= size
      writer.data(this.id, chunk, at, at + size, last)
      at += size
      if (last) this.#endSent()
    }
    return at
  }

  #sendEnd(): void {
    this.#owner.writer.data(this.id, EMPTY, 0, 0, true)
    this.#endSent()
  }

  #endSent(): void {
    this.#ending = true
    this.#sentEnd = true
    if (this.#gotEnd) this.#finish(true)
  }

  #awaitSocket(): void {
    if (this.#owner.writer.blocked) this.#owner.waitForDrain(this)
  }

  #finish(endedWell: boolean): void {
    this.done = true
    this.#queue = []
    this.#owner.release(this, endedWell)
  }
}

const EMPTY = new Uint8Array(0)

const misuse = (what: string): PlatformError => new PlatformError('INTERNAL', `link misused: ${what}`)

const violation = (what: string): PlatformError => new PlatformError('PROTOCOL', `the peer sent ${what}`)
