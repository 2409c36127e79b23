import { encodeUtf8 } from '../utf8.ts'
import { obeysBidi } from './bidi.ts'
import { obeysJoiners } from './joiners.ts'
import { decodePunycode, encodePunycode } from './punycode.ts'

/*
 * https://www.unicode.org/reports/tr46/ without its table: its mapping is NFKC and case folding with few exceptions, and
 * V8 brings both along with the character properties. A test compares every code point with Node's own answer.
 */
const IGNORED =
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: each stands for itself
  /[\xad\u{034f}\u{115f}\u{1160}\u{17b4}\u{17b5}\u{180b}-\u{180f}\u{200b}\u{2060}-\u{2064}\u{206a}-\u{206f}\u{3164}\u{fe00}-\u{fe0f}\u{feff}\u{ffa0}\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0100}-\u{e01ef}]/gu
/** Would become a full stop, or are disallowed though their category is not. */
const NEVER =
  /[\u{2024}-\u{2026}\u{2488}-\u{249b}\u{2ff0}-\u{2fff}\u{31ef}\u{33c2}\u{33c7}\u{33d8}\u{fe12}\u{fe19}\u{fe30}\u{fe52}\u{fffc}\u{fffd}\u{1f100}]/u
const DISALLOWED = /[\p{Cn}\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zs}\p{Zl}\p{Zp}]/u
const JOINERS = /[\u200c\u200d]/gu
const MARK_FIRST = /^\p{M}/u
const DOTS = /[.\u3002\uff0e\uff61]/u
/** Variants of the final sigma fold to the ordinary one; only the letter itself stays as it is. */
const SIGMA_VARIANTS = /[\u{3f2}\u{1d6d3}\u{1d70d}\u{1d747}\u{1d781}\u{1d7bb}]/gu
/** Fold to what the lower case of their upper case is. */
const FOLDS_BY_UPPER = /[\u{345}\u{1c80}-\u{1c88}\u{1f80}-\u{1ffc}]/gu
/** Cherokee folds to upper case. */
const CHEROKEE = /[\u{13a0}-\u{13fd}\u{ab70}-\u{abbf}]/gu
const NOT_CHEROKEE = /[^\u{13a0}-\u{13fd}\u{ab70}-\u{abbf}]+/gu

/** Punycode takes the square of the length, so there has to be an end; Node draws it here too. */
const MAX_BYTES = 16_384

/** "Domain to ASCII" with beStrict false, for a domain that is not ASCII already; null for failure. */
export function domainToAscii(domain: string): string | null {
  if (NEVER.test(domain) || encodeUtf8(domain).length > MAX_BYTES) return null
  const labels = mapped(domain).split(DOTS)
  const decoded = labels.map(decodedLabel)
  const ascii: string[] = []
  for (const [index, label] of decoded.entries()) {
    if (label === null) return null
    const isBeyond = isBeyondAscii(label)
    if (isBeyond && !isValid(label)) return null
    ascii.push(isBeyond ? `xn--${encodePunycode(label)}` : labels[index]!)
  }
  return ascii.join('.')
}

function mapped(domain: string): string {
  return domain
    .replace(IGNORED, '')
    .replaceAll('\u1e9e', '\xdf')
    .replace(SIGMA_VARIANTS, '\u03c3')
    .replace(FOLDS_BY_UPPER, (character) => lower(character.toUpperCase()))
    .normalize('NFKC')
    .replace(NOT_CHEROKEE, lower)
    .replace(CHEROKEE, (character) => character.toUpperCase())
    .normalize('NFKC')
}

/** Lower case without the rule that a sigma at the end of a word is a final one. */
const lower = (text: string): string => text.replaceAll('\u03a3', '\u03c3').toLowerCase()

/** The Unicode of a label; null where its Punycode is wrong or hides what the mapping would have changed. */
function decodedLabel(label: string): string | null {
  if (!label.startsWith('xn--')) return label
  if (isBeyondAscii(label)) return null
  const decoded = decodePunycode(label.slice(4))
  if (decoded === null || !isBeyondAscii(decoded)) return null
  return mapped(decoded) === decoded && !NEVER.test(decoded) ? decoded : null
}

const isBeyondAscii = (text: string): boolean => /[^\0-\x7f]/.test(text)

const isValid = (label: string): boolean =>
  label.normalize('NFC') === label &&
  !MARK_FIRST.test(label) &&
  !DISALLOWED.test(label.replace(JOINERS, '')) &&
  obeysJoiners(label) &&
  obeysBidi(label)
