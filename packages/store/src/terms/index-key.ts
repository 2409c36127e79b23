import { createHash } from 'node:crypto'

/** Characters (UTF-16 units) of a text that its index entry holds; a longer one is told apart by a digest behind them. */
export const KEY_CHARS = 128

/**
 * What the index holds for a text: the text itself up to KEY_CHARS, else its beginning, NUL and its SHA-256. So equality is
 * exact for any length, and order is exact for texts that differ in their first KEY_CHARS characters.
 */
export function indexKey(text: string): string {
  if (text.length <= KEY_CHARS) return text
  return `${keyPrefix(text)}\0${createHash('sha256').update(text).digest('base64url')}`
}

/** The beginning of a text as every index key of a text that starts so begins: KEY_CHARS, or one more to keep a pair whole. */
export function keyPrefix(text: string): string {
  if (text.length <= KEY_CHARS) return text
  const last = text.charCodeAt(KEY_CHARS - 1)
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? KEY_CHARS + 1 : KEY_CHARS)
}

/** The smallest text above all texts that start with `prefix`; null when there is none. */
export function afterPrefix(prefix: string): string | null {
  const points = Array.from(prefix, (char) => char.codePointAt(0)!)
  while (points.length > 0) {
    const last = points.pop()!
    if (last === 0x10ffff) continue
    const next = last === 0xd7ff ? 0xe000 : last + 1
    return String.fromCodePoint(...points, next)
  }
  return null
}
