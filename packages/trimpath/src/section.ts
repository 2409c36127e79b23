/** A piece of a section: text to write, or the inside of a `${}`. `line` counts from the section's first. */
export type SectionPiece =
  | { kind: 'text'; line: number; text: string }
  | { kind: 'expression'; line: number; text: string }
  /** Written only under the flag `keepWhitespace`. */
  | { kind: 'space'; line: number; text: string }

/**
 * The text between two statements: line ends at its start and blanks at its end are dropped unless `keepWhitespace`, so
 * that a statement on a line of its own leaves no trace. One character always stays, as in the library of 2006.
 */
export function readSection(text: string): SectionPiece[] {
  let start = 0
  while (text[start] === '\n') start++
  let end = text.length
  while (end > 0 && text[end - 1] === ' ') end--
  if (end <= start) end = Math.min(start + 1, text.length)
  const pieces: SectionPiece[] = []
  if (start > 0) pieces.push({ kind: 'space', line: 0, text: text.slice(0, start) })
  const last = readBody(text.slice(start, end), start, pieces)
  if (end < text.length) pieces.push({ kind: 'space', line: last, text: text.slice(end) })
  return pieces
}

/** `${expr}` ends at the next `}` of its line; `${% expr %}` ends at `%}`. One without an end is text. */
function readBody(text: string, firstLine: number, pieces: SectionPiece[]): number {
  const closers = new Closers(text)
  let line = firstLine
  let from = 0
  for (let open = text.indexOf('${'); open >= 0; ) {
    const percent = text[open + 2] === '%'
    const begin = open + (percent ? 3 : 2)
    const close = percent ? closers.percent(begin) : closers.plain(begin)
    if (close < 0) {
      open = text.indexOf('${', begin)
      continue
    }
    if (open > from) pieces.push({ kind: 'text', line, text: text.slice(from, open) })
    line += countNewlines(text, from, open)
    pieces.push({ kind: 'expression', line, text: text.slice(begin, close) })
    line += countNewlines(text, open, close)
    from = close + (percent ? 2 : 1)
    open = text.indexOf('${', from)
  }
  if (from < text.length) pieces.push({ kind: 'text', line, text: text.slice(from) })
  return line + countNewlines(text, from, text.length)
}

/** Finds closing marks, and remembers where there is none, so that a text full of `${` is still read in one pass. */
class Closers {
  readonly #text: string
  #noPlainBefore = 0
  #noPercent = false

  constructor(text: string) {
    this.#text = text
  }

  plain(begin: number): number {
    if (begin < this.#noPlainBefore) return -1
    for (let at = begin; at < this.#text.length; at++) {
      if (this.#text[at] === '}') return at
      if (this.#text[at] === '\n') {
        this.#noPlainBefore = at
        return -1
      }
    }
    this.#noPlainBefore = this.#text.length
    return -1
  }

  percent(begin: number): number {
    const close = this.#noPercent ? -1 : this.#text.indexOf('%}', begin)
    this.#noPercent = close < 0
    return close
  }
}

function countNewlines(text: string, from: number, to: number): number {
  let count = 0
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) count++
  return count
}
