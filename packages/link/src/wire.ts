/**
 * The bytes of a link. A frame is `[u32 length][u8 type][u8 flags][u32 stream][payload]`, big endian; `length` counts
 * what follows it. OPEN and HEAD carry `[u32 head length][head, UTF-8][body]`.
 */
export const FRAME = {
  /** First frame of either side, stream 0: `[u32 magic][u32 windowBytes][u32 headBytes][u32 maxStreams]`. */
  hello: 1,
  /** A new stream, by its opener. */
  open: 2,
  /** The answer's head, by the accepting side. */
  head: 3,
  /** A piece of body; empty only together with END. */
  data: 4,
  /** The stream is dead both ways: JSON ErrorShape. */
  reset: 5,
  /** `[u32 bytes]` that the receiver of a body has taken. */
  credit: 6,
  /** Stream 0, empty. */
  ping: 7,
  /** Stream 0, empty. */
  pong: 8,
  /** Last frame, stream 0: JSON ErrorShape, or empty when all is well. */
  close: 9,
} as const

/** Flag of OPEN, HEAD and DATA: this side's body is complete. */
export const FLAG_END = 1

/** Bytes before the payload. */
export const FRAME_HEADER_BYTES = 10

/** `length` counts these as well: type, flags and stream. */
export const FRAME_FIXED_BYTES = 6

/** `ZLK1`: who speaks something else is found out by the first frame. */
export const MAGIC = 0x5a4c4b31

/** What may be sent on a stream before the peer's HELLO has told its window; also the smallest window allowed. */
export const INITIAL_WINDOW_BYTES = 16 * 1024

/** A body goes out in pieces of at most this, so that streams take turns on the wire. */
export const DATA_FRAME_BYTES = 64 * 1024

/** Longest JSON of an error on the wire; `details` are left out of a longer one. */
export const ERROR_BYTES = 64 * 1024
