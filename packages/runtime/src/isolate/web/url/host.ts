import { decodeUtf8 } from '../utf8.ts'
import { domainToAscii } from './idna.ts'
import { endsInNumber, parseIpv4 } from './ipv4.ts'
import { parseIpv6 } from './ipv6.ts'
import { C0_CONTROL, percentDecode, percentEncode } from './percent-encode.ts'

// biome-ignore-start lint/suspicious/noControlCharactersInRegex: control characters are among what is forbidden
const FORBIDDEN_HOST = /[\0\t\n\r #/:<>?@[\\\]^|]/
const FORBIDDEN_DOMAIN = /[\0-\x20#%/:<>?@[\\\]^|\x7f]/
const PLAIN = /^[\0-\x7f]*$/
// biome-ignore-end lint/suspicious/noControlCharactersInRegex: end of the sets

/** https://url.spec.whatwg.org/#concept-host-parser, serialized; null for failure. */
export function parseHost(text: string, isOpaque: boolean): string | null {
  if (text.startsWith('[')) {
    const address = text.endsWith(']') ? parseIpv6(text.slice(1, -1)) : null
    return address === null ? null : `[${address}]`
  }
  if (isOpaque) return FORBIDDEN_HOST.test(text) ? null : percentEncode(text, C0_CONTROL)
  const ascii = toAscii(text.includes('%') ? decodeUtf8(percentDecode(text)) : text)
  if (ascii === null || ascii === '' || FORBIDDEN_DOMAIN.test(ascii)) return null
  return endsInNumber(ascii) ? parseIpv4(ascii) : ascii
}

/** What is ASCII already is only put into lower case, Punycode in it left alone, as Node and the browsers do. */
const toAscii = (domain: string): string | null =>
  PLAIN.test(domain) ? domain.toLowerCase() : domainToAscii(domain)
