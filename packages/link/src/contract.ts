import type { PlatformError } from '@openzimki/core'

/**
 * One connection, many streams. Either side opens streams; each stream is a request and its answer:
 * the opener sends a head and a body, the other side a head and a body, all bounded by credit.
 *
 * Wire: `[u32 length][u8 type][u8 flags][u32 stream][payload]`, big endian, `length` counts what follows it.
 * Frames written in one turn of the event loop leave in one write. A peer that breaks the protocol, exceeds its
 * credit or a bound below is disconnected with PROTOCOL.
 */
export interface Link {
  /**
   * Opens a stream. With `body` the request is complete in one frame; without it, write to the stream.
   * Throws UNAVAILABLE when the link is closed, LIMIT_EXCEEDED at `maxStreams`.
   */
  open(head: string, options: OpenOptions): LinkStream
  /** Called for each stream the peer opens. Must be set before data can arrive. */
  onStream: ((stream: LinkStream) => void) | null
  /** Called once, when the link is gone; every open stream has been reset with UNAVAILABLE before. */
  onClose: ((error: PlatformError | null) => void) | null
  /** Streams open now, both ways. */
  readonly active: number
  readonly closed: boolean
  /** Refuses new streams, lets open ones end, then closes. */
  drain(): Promise<void>
  /** Resets what is open and closes the socket. */
  close(error?: PlatformError): void
}

export interface OpenOptions {
  handlers: StreamHandlers
  /** The whole body; `end` is then implied. */
  body?: Uint8Array
  /** No body at all. */
  end?: boolean
}

/** How a side hears of its peer. Each is called at most as often as stated, never after onReset or both ends are done. */
export interface StreamHandlers {
  /** Opener only: the answer's head, once, before any of its data. */
  onHead?: (head: string) => void
  /**
   * A chunk of the peer's body, a view that nobody writes over. Credit for it returns when `stream.consumed(bytes)` is
   * called. Without this handler the body is thrown away and the credit returns by itself.
   */
  onData?: (chunk: Uint8Array) => void
  /** The peer's body is complete; once. */
  onEnd?: () => void
  /** The stream is dead: the peer reset it, or the link is gone; once. */
  onReset?: (error: PlatformError) => void
  /** After a write returned false: there is credit again. */
  onDrain?: () => void
}

export interface LinkStream {
  /** The opener's head. */
  readonly head: string
  /** Set by the accepting side in `onStream`, before it returns. */
  handlers: StreamHandlers
  /**
   * Accepting side: answers. With `body` the answer is complete, head and body in one write; `null` is an empty body;
   * left out, `write` and `end` follow.
   */
  respond(head: string, body?: Uint8Array | null): void
  /** Sends a chunk. False: credit is used up, wait for onDrain; what was given is kept, not lost. */
  write(chunk: Uint8Array): boolean
  /** Ends this side's body, after what waits for credit. */
  end(): void
  /** Kills the stream both ways; the peer's onReset gets the error. No effect once done. */
  reset(error: PlatformError): void
  /** Gives credit back for bytes that were taken from onData. */
  consumed(bytes: number): void
  /** Both directions are done, or it was reset. */
  readonly done: boolean
}

/** Bounds of a link; both sides use the same defaults. */
export interface LinkOptions {
  /** Bytes of body a peer may send on one stream ahead of `consumed`. */
  windowBytes: number
  /** Largest head. */
  headBytes: number
  /** Streams a peer may have open at once. */
  maxStreams: number
  /** A peer that says nothing for this long, pings included, is gone. 0: never. */
  idleMs: number
  /**
   * Streams that a peer may open and reset, beyond as many as it let end, in a third of `idleMs` (5 s where that is 0):
   * opening and resetting costs the peer less than it costs us.
   */
  churnResets: number
}

export const LINK_DEFAULTS: LinkOptions = {
  windowBytes: 256 * 1024,
  headBytes: 256 * 1024,
  maxStreams: 4096,
  idleMs: 15_000,
  churnResets: 50_000,
}
