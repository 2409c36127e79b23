/**
 * PostgreSQL holds no NUL in a text. NUL and U+0001 are therefore written as U+0001 and one more character, so that nothing is lost, two
 * texts never become one, and their order by code point stays what it was.
 */
const ESCAPE = '\u0001'
const NUL_AS = '\u0001\u0001'
const ESCAPE_AS = '\u0001\u0002'

export function encodeText(text: string): string {
  if (!text.includes('\0') && !text.includes(ESCAPE)) return text
  return text.replaceAll(ESCAPE, ESCAPE_AS).replaceAll('\0', NUL_AS)
}

export function decodeText(text: string): string {
  if (!text.includes(ESCAPE)) return text
  return text.replaceAll(NUL_AS, '\0').replaceAll(ESCAPE_AS, ESCAPE)
}

/** For anything that is bound to a parameter; lists are bound as arrays. */
export function encodeBinding(value: unknown): unknown {
  if (typeof value === 'string') return encodeText(value)
  return Array.isArray(value) ? value.map(encodeBinding) : value
}
