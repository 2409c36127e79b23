import { bytesSlice, bytesSubarray, charCodeAt, fromCharCodes, Uint8ArrayClass } from './primordials.ts'

/** UTF-8 bytes of a string; lone surrogates become U+FFFD. The buffer of the result is exactly as long. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  const { length } = text
  const bytes = new Uint8ArrayClass(length)
  for (let at = 0; at < length; at++) {
    const unit = charCodeAt(text, at)
    if (unit > 0x7f) return encodeMixed(text, at, bytes)
    bytes[at] = unit
  }
  return bytes
}

function encodeMixed(text: string, ascii: number, head: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8ArrayClass(ascii + (text.length - ascii) * 3)
  for (let at = 0; at < ascii; at++) bytes[at] = head[at]!
  const { written } = encodeInto(text, bytes, ascii, ascii)
  return bytesSlice(bytes, 0, written) as Uint8Array<ArrayBuffer>
}

/**
 * Writes the text from `read` on into `bytes` from `written` on, as far as whole characters fit. Returns both ends:
 * `read` in UTF-16 units, `written` in bytes.
 */
export function encodeInto(
  text: string,
  bytes: Uint8Array,
  read = 0,
  written = 0,
): { read: number; written: number } {
  const room = bytes.length
  while (read < text.length) {
    const point = scalarAt(text, read)
    const size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x1_0000 ? 3 : 4
    if (written + size > room) break
    writePoint(bytes, written, point, size)
    written += size
    read += size === 4 ? 2 : 1
  }
  return { read, written }
}

function scalarAt(text: string, at: number): number {
  const unit = charCodeAt(text, at)
  if (unit < 0xd800 || unit > 0xdfff) return unit
  const next = unit < 0xdc00 && at + 1 < text.length ? charCodeAt(text, at + 1) : 0
  return next >= 0xdc00 && next <= 0xdfff ? 0x1_0000 + ((unit - 0xd800) << 10) + (next - 0xdc00) : 0xfffd
}

function writePoint(bytes: Uint8Array, at: number, point: number, size: number): void {
  if (size === 1) {
    bytes[at] = point
    return
  }
  for (let rest = size - 1; rest > 0; rest--) {
    bytes[at + rest] = 0x80 | (point & 0x3f)
    point >>= 6
  }
  bytes[at] = ((0xf00 >> size) & 0xff) | point
}

/** UTF-16 units gathered before they become a string; apply() takes so many arguments at once without harm. */
const UNITS = 4096

/**
 * The UTF-8 decoder of https://encoding.spec.whatwg.org/#utf-8-decoder, resumable between chunks. Does not know of
 * byte order marks.
 */
export class Utf8Decoder {
  #point = 0
  #needed = 0
  #lower = 0x80
  #upper = 0xbf

  /** `flush`: the input ends here, so an unfinished character is an error. `onError` may throw. */
  decode(bytes: Uint8Array, flush: boolean, onError?: () => void): string {
    let text = ''
    let at = 0
    if (this.#needed === 0) {
      at = asciiLength(bytes)
      text = asciiText(bytes, at)
      if (at === bytes.length) return text
    }
    const units: number[] = []
    const { length } = bytes
    while (at < length) {
      const byte = bytes[at]!
      if (this.#needed === 0 && byte < 0x80) units[units.length] = byte
      else if (this.#take(byte, units, onError)) continue
      at++
      if (units.length >= UNITS) {
        text += fromCharCodes(units)
        units.length = 0
      }
    }
    if (flush && this.#needed > 0) this.#fail(units, onError)
    return text + fromCharCodes(units)
  }

  /** True: the byte was not used and must be looked at again. */
  #take(byte: number, units: number[], onError?: () => void): boolean {
    if (this.#needed === 0) {
      this.#begin(byte, units, onError)
      return false
    }
    if (byte < this.#lower || byte > this.#upper) {
      this.#fail(units, onError)
      return true
    }
    this.#lower = 0x80
    this.#upper = 0xbf
    this.#point = (this.#point << 6) | (byte & 0x3f)
    if (--this.#needed > 0) return false
    pushPoint(units, this.#point)
    return false
  }

  #begin(byte: number, units: number[], onError?: () => void): void {
    if (byte >= 0xc2 && byte <= 0xdf) {
      this.#needed = 1
      this.#point = byte & 0x1f
    } else if (byte >= 0xe0 && byte <= 0xef) {
      this.#needed = 2
      this.#point = byte & 0xf
      if (byte === 0xe0) this.#lower = 0xa0
      if (byte === 0xed) this.#upper = 0x9f
    } else if (byte >= 0xf0 && byte <= 0xf4) {
      this.#needed = 3
      this.#point = byte & 0x7
      if (byte === 0xf0) this.#lower = 0x90
      if (byte === 0xf4) this.#upper = 0x8f
    } else this.#fail(units, onError)
  }

  #fail(units: number[], onError?: () => void): void {
    this.#needed = 0
    this.#lower = 0x80
    this.#upper = 0xbf
    onError?.()
    units[units.length] = 0xfffd
  }
}

function pushPoint(units: number[], point: number): void {
  if (point < 0x1_0000) {
    units[units.length] = point
    return
  }
  units[units.length] = 0xd7c0 + (point >> 10)
  units[units.length] = 0xdc00 | (point & 0x3ff)
}

function asciiLength(bytes: Uint8Array): number {
  let at = 0
  while (at < bytes.length && bytes[at]! < 0x80) at++
  return at
}

function asciiText(bytes: Uint8Array, length: number): string {
  let text = ''
  for (let at = 0; at < length; at += UNITS) {
    text += fromCharCodes(bytesSubarray(bytes, at, at + UNITS < length ? at + UNITS : length))
  }
  return text
}

/** "UTF-8 decode": a byte order mark is dropped, errors become U+FFFD. */
export function decodeUtf8(bytes: Uint8Array): string {
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  return new Utf8Decoder().decode(marked ? bytesSubarray(bytes, 3) : bytes, true)
}
