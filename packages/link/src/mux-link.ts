import type { Duplex } from 'node:stream'
import { IdTable, PlatformError } from '@openzimki/core'
import type { Link, LinkOptions, LinkStream, OpenOptions } from './contract.ts'
import { decodeError, encodeError } from './error-frame.ts'
import { FrameReader } from './frame-reader.ts'
import { FrameWriter } from './frame-writer.ts'
import { Keepalive } from './keepalive.ts'
import { MuxStream, type StreamOwner } from './mux-stream.ts'
import { OwnStreamIds, PeerStreamIds } from './stream-ids.ts'
import { FLAG_END, FRAME, INITIAL_WINDOW_BYTES, MAGIC } from './wire.ts'

/** Control frames that may wait for a peer that asks much and reads nothing. */
const MAX_WAITING_CONTROL_FRAMES = 10_000
const LINGER_MS = 1_000

/** The engine behind `createLink`. */
export class MuxLink implements Link, StreamOwner {
  onStream: ((stream: LinkStream) => void) | null = null
  onClose: ((error: PlatformError | null) => void) | null = null
  /** Called once, when the peer has introduced itself. */
  onHello: (() => void) | null = null
  closed = false
  readonly writer: FrameWriter
  peerHeadBytes: number
  readonly #socket: Duplex
  readonly #options: LinkOptions
  readonly #reader: FrameReader
  readonly #keepalive: Keepalive
  readonly #streams = new IdTable<MuxStream>()
  readonly #waiting = new Set<MuxStream>()
  readonly #ownIds: OwnStreamIds
  readonly #peerIds: PeerStreamIds
  #greeted = false
  #peerWindowBytes = INITIAL_WINDOW_BYTES
  #peerMaxStreams: number
  /** Open streams that the peer opened. */
  #accepted = 0
  #waitingControlFrames = 0
  #draining: { promise: Promise<void>; resolve: () => void } | null = null

  constructor(socket: Duplex, role: 'client' | 'server', options: LinkOptions) {
    this.#socket = socket
    this.#options = options
    this.peerHeadBytes = options.headBytes
    this.#peerMaxStreams = options.maxStreams
    this.#ownIds = new OwnStreamIds(role === 'client' ? 1 : 2)
    this.#peerIds = new PeerStreamIds(role === 'client' ? 2 : 1)
    this.writer = new FrameWriter(socket, () => this.#drained())
    const maxLength = 16 + options.headBytes + options.windowBytes
    this.#reader = new FrameReader(maxLength, (type, flags, id, buffer, start, end) =>
      this.#frame(type, flags, id, buffer, start, end),
    )
    this.#keepalive = new Keepalive(options, {
      ping: () => this.writer.numbers(FRAME.ping, 0, []),
      lost: () => this.close(unavailable(`the peer has said nothing for ${options.idleMs} ms`)),
    })
    this.writer.numbers(FRAME.hello, 0, [MAGIC, options.windowBytes, options.headBytes, options.maxStreams])
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('end', () => this.#shut(unavailable('the peer went away')))
    socket.on('error', (cause) => this.#shut(unavailable(`the connection failed: ${cause.message}`, cause)))
    socket.on('close', () => this.#shut(unavailable('the connection is gone')))
  }

  get windowBytes(): number {
    return this.#options.windowBytes
  }

  get active(): number {
    return this.#streams.size
  }

  open(head: string, options: OpenOptions): LinkStream {
    if (this.closed) throw unavailable('the link is closed')
    if (this.#draining) throw unavailable('the link is being closed')
    if (this.#streams.size - this.#accepted >= this.#peerMaxStreams) {
      throw new PlatformError(
        'LIMIT_EXCEEDED',
        `the link has its ${this.#peerMaxStreams} streams open; wait for one`,
      )
    }
    const id = this.#ownIds.next(this.#streams)
    const stream = new MuxStream(this, id, head, true, options.handlers, this.#peerWindowBytes)
    stream.start(options.body, options.end === true)
    this.#streams.add(stream)
    return stream
  }

  drain(): Promise<void> {
    if (this.closed) return Promise.resolve()
    this.#draining ??= Promise.withResolvers<void>()
    if (this.#streams.size === 0) this.close()
    return this.#draining.promise
  }

  close(error?: PlatformError): void {
    if (this.closed) return
    this.writer.text(FRAME.close, 0, error ? encodeError(error) : '')
    this.writer.flush()
    this.#shut(error ?? null)
  }

  release(stream: MuxStream, endedWell: boolean): void {
    if (!this.#streams.delete(stream)) return
    if (this.#waiting.size > 0) this.#waiting.delete(stream)
    if (!stream.opener) this.#accepted--
    if (endedWell) this.#keepalive.streamEnded()
    if (this.#draining && this.#streams.size === 0) this.close()
  }

  waitForDrain(stream: MuxStream): void {
    this.#waiting.add(stream)
  }

  sendReset(id: number, error: PlatformError): void {
    if (this.closed) return
    this.#countControlFrame()
    this.writer.text(FRAME.reset, id, encodeError(error))
  }

  #read(chunk: Buffer): void {
    if (this.closed) return
    this.#keepalive.heard()
    try {
      this.#reader.push(chunk)
    } catch (thrown) {
      this.close(PlatformError.from(thrown))
      // What is no protocol error is a fault of this program: it must not pass for one of the peer.
      if (!(thrown instanceof PlatformError)) throw thrown
    }
  }

  #frame(type: number, flags: number, id: number, buffer: Buffer, start: number, end: number): void {
    if (!this.#greeted && type !== FRAME.hello) throw violation('does not speak this protocol')
    if (flags > FLAG_END) throw violation('sent an unknown flag')
    const last = flags === FLAG_END
    switch (type) {
      case FRAME.open:
        this.#takeOpen(id, last, buffer, start, end)
        break
      case FRAME.head:
        this.#takeHead(id, last, buffer, start, end)
        break
      case FRAME.data:
        if (start === end && !last) throw violation('sent an empty frame of data')
        this.#find(id)?.takeData(buffer, start, end, last)
        break
      case FRAME.reset:
        this.#takeReset(id, buffer, start, end)
        break
      case FRAME.credit:
        this.#takeCredit(id, buffer, start, end)
        break
      default:
        this.#linkFrame(type, buffer, start, end)
    }
  }

  /** Frames that speak of the link, not of a stream. */
  #linkFrame(type: number, buffer: Buffer, start: number, end: number): void {
    if (type === FRAME.hello) this.#takeHello(buffer, start, end)
    else if (type === FRAME.ping) {
      this.#countControlFrame()
      this.writer.numbers(FRAME.pong, 0, [])
    } else if (type === FRAME.close) this.#shut(end > start ? decodeError(buffer, start, end) : null)
    else if (type !== FRAME.pong) throw violation(`sent a frame of the unknown type ${type}`)
  }

  #takeHello(buffer: Buffer, start: number, end: number): void {
    if (this.#greeted || end - start !== 16 || buffer.readUInt32BE(start) !== MAGIC) {
      throw violation('does not speak this protocol')
    }
    this.#greeted = true
    const windowBytes = buffer.readUInt32BE(start + 4)
    if (windowBytes < INITIAL_WINDOW_BYTES) throw violation('has too small a window')
    const more = windowBytes - INITIAL_WINDOW_BYTES
    this.#peerWindowBytes = windowBytes
    this.peerHeadBytes = buffer.readUInt32BE(start + 8)
    this.#peerMaxStreams = buffer.readUInt32BE(start + 12)
    for (const stream of this.#streams.all()) stream.takeCredit(more, windowBytes)
    this.onHello?.()
  }

  #takeOpen(id: number, last: boolean, buffer: Buffer, start: number, end: number): void {
    if (!this.#peerIds.accept(id) || this.#streams.has(id))
      throw violation(`opened stream ${id} out of order`)
    if (this.#accepted >= this.#options.maxStreams) throw violation('opened more streams than allowed')
    const bodyAt = this.#headEnd(buffer, start, end)
    if (this.onStream === null || this.#draining) {
      this.#refuse(id)
      return
    }
    const head = buffer.toString('utf8', start + 4, bodyAt)
    const stream = new MuxStream(this, id, head, false, {}, this.#peerWindowBytes)
    this.#streams.add(stream)
    this.#accepted++
    try {
      this.onStream(stream)
    } catch (thrown) {
      stream.fail(thrown)
    }
    if (bodyAt < end || last) stream.takeData(buffer, bodyAt, end, last)
  }

  #takeHead(id: number, last: boolean, buffer: Buffer, start: number, end: number): void {
    const bodyAt = this.#headEnd(buffer, start, end)
    const stream = this.#find(id)
    if (stream === undefined) return
    stream.takeHead(buffer.toString('utf8', start + 4, bodyAt))
    if (bodyAt < end || last) stream.takeData(buffer, bodyAt, end, last)
  }

  #headEnd(buffer: Buffer, start: number, end: number): number {
    const bytes = end - start < 4 ? -1 : buffer.readUInt32BE(start)
    if (bytes < 0 || bytes > end - start - 4) throw violation('sent a head that is cut off')
    if (bytes > this.#options.headBytes) throw violation(`sent a head of ${bytes} bytes`)
    return start + 4 + bytes
  }

  #takeReset(id: number, buffer: Buffer, start: number, end: number): void {
    const error = decodeError(buffer, start, end)
    const stream = this.#find(id)
    if (stream === undefined) return
    if (!stream.opener && !this.#keepalive.peerReset()) throw violation('opened and reset streams in a flood')
    stream.kill(error)
  }

  #takeCredit(id: number, buffer: Buffer, start: number, end: number): void {
    const bytes = end - start === 4 ? buffer.readUInt32BE(start) : 0
    if (bytes === 0) throw violation('gave no credit')
    const stream = this.#find(id)
    if (stream && !stream.takeCredit(bytes, this.#peerWindowBytes))
      throw violation('gave more credit than its window')
  }

  /** The stream, or undefined when it is over: the peer's frame crossed our reset or our end. */
  #find(id: number): MuxStream | undefined {
    const stream = this.#streams.get(id)
    if (stream !== undefined) return stream
    const own = (id & 1) === (this.#ownIds.last & 1)
    if (!(own ? this.#ownIds : this.#peerIds).wasUsed(id))
      throw violation(`spoke of stream ${id}, which nobody opened`)
    return undefined
  }

  #refuse(id: number): void {
    const why = this.#draining ? 'this side is being closed' : 'this side takes no streams'
    this.sendReset(
      id,
      new PlatformError(this.#draining ? 'UNAVAILABLE' : 'UNSUPPORTED', why, { details: { refused: true } }),
    )
  }

  #countControlFrame(): void {
    if (!this.writer.blocked) this.#waitingControlFrames = 0
    else if (++this.#waitingControlFrames > MAX_WAITING_CONTROL_FRAMES)
      throw violation('asks and does not read')
  }

  #drained(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const stream of waiting) stream.pump()
  }

  #shut(error: PlatformError | null): void {
    if (this.closed) return
    this.closed = true
    this.#reader.stop()
    this.#keepalive.stop()
    this.writer.close()
    const gone = error?.code === 'UNAVAILABLE' ? error : unavailable('the link was closed', error)
    for (const stream of this.#streams.all()) stream.kill(gone)
    this.#endSocket(error)
    this.#draining?.resolve()
    this.onClose?.(error)
  }

  /** In order: the peer is let read what was sent, and given a second to hang up. */
  #endSocket(error: PlatformError | null): void {
    const socket = this.#socket
    if (error !== null) {
      socket.destroy()
      return
    }
    const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref()
    socket.once('close', () => clearTimeout(timer))
    socket.end()
  }
}

const unavailable = (why: string, cause?: unknown): PlatformError =>
  new PlatformError('UNAVAILABLE', why, cause == null ? {} : { cause })

const violation = (what: string): PlatformError => new PlatformError('PROTOCOL', `the peer ${what}`)
