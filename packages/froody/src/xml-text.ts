const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
}

/** What XML 1.0 cannot hold in any form, lone surrogates among it, becomes U+FFFD. */
const legal = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
  text.toWellFormed().replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')

/** A value as text between tags. */
export const escapeText = (value: unknown): string =>
  legal(asText(value)).replace(/[&<>\r]/g, (character) => ESCAPES[character] ?? character)

/** A value as text within double quotes. */
export const escapeAttribute = (value: unknown): string =>
  legal(asText(value)).replace(/[&<>"\t\n\r]/g, (character) => ESCAPES[character] ?? character)

/** A scalar as text: `true` and `false` are 1 and 0, as services of the time had them; a Date is ISO 8601. */
export function asText(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'boolean') return value ? '1' : '0'
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '' : value.toISOString()
  return String(value)
}

/** Element and attribute names that we write: ASCII, which every parser takes. */
export const isXmlName = (name: string): boolean => /^[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?$/.test(name)
