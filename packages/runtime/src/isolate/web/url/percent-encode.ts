import { encodeUtf8 } from '../utf8.ts'

/*
 * Percent-encode sets of https://url.spec.whatwg.org/#percent-encoded-bytes, each as the expression that finds what must
 * be encoded. Everything beyond ASCII is in all of them.
 */
// biome-ignore-start lint/suspicious/noControlCharactersInRegex: control characters are what these sets are about
export const C0_CONTROL = /[\0-\x1f\x7f-\u{10ffff}]/u
export const FRAGMENT = /[\0-\x20"<>`\x7f-\u{10ffff}]/u
export const QUERY = /[\0-\x20"#<>\x7f-\u{10ffff}]/u
export const SPECIAL_QUERY = /[\0-\x20"#<>'\x7f-\u{10ffff}]/u
export const PATH = /[\0-\x20"#<>?^`{}\x7f-\u{10ffff}]/u
export const USERINFO = /[\0-\x20"#<>?^`{}/:;=@[\\\]|\x7f-\u{10ffff}]/u
/** Everything but letters, digits and `*-._`. */
export const FORM = /[\0-)+,/:-@[-^`{-\u{10ffff}]/u
// biome-ignore-end lint/suspicious/noControlCharactersInRegex: end of the sets

/** "UTF-8 percent-encode a string". */
export function percentEncode(text: string, set: RegExp): string {
  if (!set.test(text)) return text
  let encoded = ''
  for (const character of text) {
    if (!set.test(character)) encoded += character
    else for (const byte of encodeUtf8(character)) encoded += hexByte(byte)
  }
  return encoded
}

const hexByte = (byte: number): string => `%${byte < 16 ? '0' : ''}${byte.toString(16).toUpperCase()}`

/** "Percent-decode a string": bytes, since what they mean is not known here. */
export function percentDecode(text: string): Uint8Array {
  const bytes = encodeUtf8(text)
  let length = 0
  for (let at = 0; at < bytes.length; at++) {
    const value = bytes[at] === 0x25 ? hexPair(bytes[at + 1], bytes[at + 2]) : -1
    bytes[length++] = value < 0 ? bytes[at]! : value
    if (value >= 0) at += 2
  }
  return bytes.subarray(0, length)
}

function hexPair(high: number | undefined, low: number | undefined): number {
  const upper = hexDigit(high)
  const lower = hexDigit(low)
  return upper < 0 || lower < 0 ? -1 : upper * 16 + lower
}

function hexDigit(code = 0): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const letter = code | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}
