import { decodePunycode, encodePunycode } from './punycode.ts'

/*
 * https://www.unicode.org/reports/tr46/ without its table: its mapping is NFKC and case folding with few exceptions, and
 * V8 brings both along with the character properties. A test compares every code point with Node's own.
 */
const IGNORED =
  /[\u00ad\u034f\u180b-\u180d\u180f\u200b\u2060\u2064\ufe00-\ufe0f\ufeff\u{1bca0}-\u{1bca3}\u{e0100}-\u{e01ef}]/gu
const DISALLOWED = /[\p{Cn}\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zs}\p{Zl}\p{Zp}]/u
const MARK_FIRST = /^\p{M}/u
const DOTS = /[.\u3002\uff0e\uff61]/u

/** "Domain to ASCII" with beStrict false; null for failure. */
export function domainToAscii(domain: string): string | null {
  const labels = mapped(domain).split(DOTS)
  const ascii: string[] = []
  for (const label of labels) {
    const encoded = labelToAscii(label)
    if (encoded === null) return null
    ascii.push(encoded)
  }
  return ascii.join('.')
}

function mapped(domain: string): string {
  return domain
    .replace(IGNORED, '')
    .replaceAll('\u1e9e', '\u00df')
    .normalize('NFKC')
    .toLowerCase()
    .normalize('NFKC')
}

function labelToAscii(label: string): string | null {
  if (label.startsWith('xn--')) {
    const decoded = decodePunycode(label.slice(4))
    if (decoded === null || decoded === '' || !isBeyondAscii(decoded)) return null
    return isValid(decoded) && mapped(decoded) === decoded ? label : null
  }
  if (!isBeyondAscii(label)) return label
  return isValid(label) ? `xn--${encodePunycode(label)}` : null
}

const isBeyondAscii = (text: string): boolean => /[^\0-\x7f]/.test(text)

const isValid = (label: string): boolean =>
  label.normalize('NFC') === label && !MARK_FIRST.test(label) && !DISALLOWED.test(label)
