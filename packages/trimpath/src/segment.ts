import { LineCounter } from './line-counter.ts'
import { TemplateError } from './template-error.ts'

/** A template is a row of these. `line` counts from 1. */
export type Segment =
  /** Text with `${}` in it. */
  | { kind: 'text'; line: number; text: string }
  /** `{if a == b}`: name `if`, rest `a == b`; `{/if}`: name `/if`. */
  | { kind: 'statement'; line: number; name: string; rest: string }
  /** `{cdata}...{/cdata}` and the like: the text between. */
  | { kind: 'block'; line: number; name: string; text: string }

const STATEMENT = /\{(\/?(?:forelse|for|if|elseif|else|var|macro))(?=[\s}])/y
const BLOCK = /\{(cdata|minify|eval)(?=[\s}])/y

/** Takes a template apart in one pass. Errors: TemplateError where a block has no end. */
export function readSegments(source: string, name: string): Segment[] {
  return new SegmentReader(normalize(source), name).read()
}

/** As the language says: a tab is four spaces, a line ends in LF, and white space at the end is dropped. */
const normalize = (source: string): string =>
  source.replaceAll('\t', '    ').replace(/\r\n?/g, '\n').trimEnd()

class SegmentReader {
  readonly #source: string
  readonly #name: string
  readonly #segments: Segment[] = []
  readonly #lines: LineCounter
  #textStart = 0

  constructor(source: string, name: string) {
    this.#source = source
    this.#lines = new LineCounter(source)
    this.#name = name
  }

  read(): Segment[] {
    let at = this.#source.indexOf('{')
    while (at >= 0) {
      const end = this.#readAt(at)
      if (end === null) break
      at = this.#source.indexOf('{', end)
    }
    this.#endText(this.#source.length)
    return this.#segments
  }

  /** Where to look on; null when nothing more can follow. */
  #readAt(at: number): number | null {
    const before = this.#source[at - 1]
    if (before === '$' || before === '\\') return at + 1
    const block = matchAt(BLOCK, this.#source, at)
    if (block) return this.#readBlock(at, block)
    const statement = matchAt(STATEMENT, this.#source, at)
    if (!statement) return at + 1
    const close = this.#source.indexOf('}', at)
    // A statement never closed is text, and so is all that follows.
    if (close < 0) return null
    this.#endText(at)
    const rest = this.#source.slice(at + 1 + statement.length, close).trim()
    this.#segments.push({ kind: 'statement', line: this.#lines.lineAt(at), name: statement, rest })
    this.#textStart = close + 1
    return close + 1
  }

  #readBlock(at: number, name: string): number {
    const open = this.#source.indexOf('}', at)
    const line = this.#lines.lineAt(at)
    if (open < 0) throw new TemplateError(this.#name, line, `{${name} has no closing }; add it`)
    const marker = this.#source.slice(at + 1 + name.length, open).trim() || `{/${name}}`
    const close = this.#source.indexOf(marker, open + 1)
    if (close < 0)
      throw new TemplateError(this.#name, line, `{${name}} is not closed; end it with ${marker.slice(0, 40)}`)
    this.#endText(at)
    this.#segments.push({
      kind: 'block',
      line: this.#lines.lineAt(open + 1),
      name,
      text: this.#source.slice(open + 1, close),
    })
    this.#textStart = close + marker.length
    return this.#textStart
  }

  #endText(end: number): void {
    const text = this.#source.slice(this.#textStart, end)
    if (text !== '') this.#segments.push({ kind: 'text', line: this.#lines.lineAt(this.#textStart), text })
  }
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(text)?.[1]
}
