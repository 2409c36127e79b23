import { decodeUtf8, encodeUtf8 } from '../utf8.ts'
import { FORM, percentDecode, percentEncode } from './percent-encode.ts'

/** https://url.spec.whatwg.org/#urlencoded-parsing */
export function parseUrlEncoded(text: string): [string, string][] {
  const pairs: [string, string][] = []
  for (const part of text.split('&')) {
    if (part === '') continue
    const equals = part.indexOf('=')
    const name = equals < 0 ? part : part.slice(0, equals)
    pairs.push([decode(name), equals < 0 ? '' : decode(part.slice(equals + 1))])
  }
  return pairs
}

function decode(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text
  if (!spaced.includes('%')) return spaced.toWellFormed()
  const bytes = percentDecode(spaced)
  return decodeKeepingMark(bytes)
}

/** "UTF-8 decode without BOM" keeps a byte order mark as a character, unlike decodeUtf8. */
function decodeKeepingMark(bytes: Uint8Array): string {
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  return marked ? `\uFEFF${decodeUtf8(bytes.subarray(3))}` : decodeUtf8(bytes)
}

/** https://url.spec.whatwg.org/#urlencoded-serializing */
export const serializeUrlEncoded = (pairs: readonly (readonly [string, string])[]): string =>
  pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&')

const encode = (text: string): string => {
  const encoded = percentEncode(text, FORM)
  return encoded.includes('%20') ? encoded.replaceAll('%20', '+') : encoded
}

/** The form as bytes, for a body. */
export const encodeUrlEncoded = (pairs: readonly (readonly [string, string])[]): Uint8Array<ArrayBuffer> =>
  encodeUtf8(serializeUrlEncoded(pairs))
