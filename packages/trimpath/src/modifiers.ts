/** `${value|name:argument}` calls the modifier with the value and its arguments; the result is written in its place. */
export type Modifier = (value: unknown, ...args: unknown[]) => unknown

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Safe in text and in quoted attributes. The library of 2006 left quotes alone; a page shows the same. */
const escapeHtml = (value: unknown): string =>
  String(value).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)

/** The standard modifiers, in a new object each time, as programs add theirs to it. */
export function standardModifiers(): Record<string, Modifier> {
  return {
    eat: () => '',
    escape: escapeHtml,
    h: escapeHtml,
    capitalize: (value) => String(value).toUpperCase(),
    default: (value, fallback) => (value === undefined || value === null ? fallback : value),
  }
}
