import { LineCounter } from './line-counter.ts'

/** A piece of a section: text to write, or the inside of a `${}` and its line, counted from 0. */
export type SectionPiece =
  | { kind: 'text'; text: string }
  | { kind: 'expression'; line: number; text: string }
  /** Written only under the flag `keepWhitespace`. */
  | { kind: 'space'; text: string }

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
  if (start > 0) pieces.push({ kind: 'space', text: text.slice(0, start) })
  readBody(text, start, end, pieces)
  if (end < text.length) pieces.push({ kind: 'space', text: text.slice(end) })
  return pieces
}

/** `${expr}` ends at the next `}` of its line; `${% expr %}` ends at `%}`. One without an end is text. */
function readBody(section: string, start: number, end: number, pieces: SectionPiece[]): void {
  const text = section.slice(0, end)
  const closers = new Closers(text)
  const lines = new LineCounter(text)
  let from = start
  for (let open = text.indexOf('${', start); open >= 0; ) {
    const percent = text[open + 2] === '%'
    const begin = open + (percent ? 3 : 2)
    const close = percent ? closers.percent(begin) : closers.plain(begin)
    if (close < 0) {
      open = text.indexOf('${', begin)
      continue
    }
    if (open > from) pieces.push({ kind: 'text', text: text.slice(from, open) })
    pieces.push({ kind: 'expression', line: lines.lineAt(open) - 1, text: text.slice(begin, close) })
    from = close + (percent ? 2 : 1)
    open = text.indexOf('${', from)
  }
  if (from < end) pieces.push({ kind: 'text', text: text.slice(from) })
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
