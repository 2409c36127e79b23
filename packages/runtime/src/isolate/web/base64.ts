import { DOMException } from './dom-exception.ts'
import { requireArguments } from './webidl.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** https://html.spec.whatwg.org/#dom-btoa */
export function btoa(data: string): string {
  requireArguments(arguments.length, 1, 'btoa')
  const text = `${data}`
  const bytes = new Uint8Array(text.length)
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit > 0xff) throw new DOMException('btoa: a character is above U+00FF', 'InvalidCharacterError')
    bytes[at] = unit
  }
  return bytes.toBase64()
}

/** https://html.spec.whatwg.org/#dom-atob: forgiving, white space and missing padding are allowed. */
export function atob(data: string): string {
  requireArguments(arguments.length, 1, 'atob')
  let text = `${data}`.replace(/[\t\n\f\r ]/g, '')
  if (text.length % 4 === 0) text = text.replace(/={1,2}$/, '')
  if (text.length % 4 === 1 || /[^A-Za-z0-9+/]/.test(text)) {
    throw new DOMException('atob: the string is not correctly encoded', 'InvalidCharacterError')
  }
  let decoded = ''
  let bits = 0
  for (let at = 0; at < text.length; at++) {
    bits = ((bits << 6) | ALPHABET.indexOf(text[at]!)) & 0xff_ffff
    if (at % 4 > 0) decoded += String.fromCharCode((bits >> (6 - 2 * (at % 4))) & 0xff)
  }
  return decoded
}
