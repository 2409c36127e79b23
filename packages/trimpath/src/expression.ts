/** The inside of `${}`: JavaScript, then modifiers with the JavaScript of their arguments. */
export interface Expression {
  code: string
  modifiers: { name: string; args: string }[]
}

/** `a|b:1,2|c` in parts. A `|` or `:` within quotes or brackets, and `||`, belong to the JavaScript. */
export function readExpression(text: string): Expression {
  const [code = '', ...rest] = splitTop(text)
  return { code: code.trim(), modifiers: rest.map(readModifier) }
}

function readModifier(text: string): { name: string; args: string } {
  const colon = text.indexOf(':')
  if (colon < 0) return { name: text.trim(), args: '' }
  return { name: text.slice(0, colon).trim(), args: text.slice(colon + 1).trim() }
}

/**
 * Splits at each single `|` outside quotes and brackets. Where a quote has no end (it was an apostrophe or a regular
 * expression) the rest is split without looking at quotes.
 */
function splitTop(text: string): string[] {
  const parts: string[] = []
  let from = 0
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at)
    if (character === '"' || character === "'" || character === '`') {
      const end = endOfQuote(text, at)
      if (end < 0) return [...parts, ...splitPlain(text.slice(from))]
      at = end
    } else if ('([{'.includes(character)) depth++
    else if (')]}'.includes(character)) depth--
    else if (character === '|') {
      if (text[at + 1] === '|') at++
      else if (depth <= 0) {
        parts.push(text.slice(from, at))
        from = at + 1
      }
    }
  }
  parts.push(text.slice(from))
  return parts
}

function endOfQuote(text: string, start: number): number {
  const quote = text.charAt(start)
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === quote) return at
  }
  return -1
}

const splitPlain = (text: string): string[] => text.split(/(?<!\|)\|(?!\|)/)
