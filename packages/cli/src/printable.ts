// Built from numbers, so that no control character stands in the source.
const CONTROL = /[\p{Cc}\p{Bidi_Control}]/gu

/**
 * Text of others (logs, names, errors) made safe to print: a terminal would obey control characters in it. Line ends and tabs stay.
 */
export function printable(text: string): string {
  return text.replace(CONTROL, (character) =>
    character === '\n' || character === '\t' ? character : escapeOf(character),
  )
}

/** JSON on one line, in which nothing but ASCII's printable part and ordinary letters is left raw. */
export function jsonLine(value: unknown): string {
  return (JSON.stringify(value) ?? 'null').replace(CONTROL, escapeOf)
}

function escapeOf(character: string): string {
  return `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`
}
