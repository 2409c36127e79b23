import { type Expression, readExpression } from './expression.ts'
import { readSection } from './section.ts'
import { readSegments, type Segment } from './segment.ts'
import { type Emitted, forelseCode, STATEMENTS, StatementFault, type StatementRule } from './statement.ts'
import { TemplateError } from './template-error.ts'

/** The JavaScript of a template, and its pieces of the author's JavaScript, to find which of them is at fault. */
export interface Generated {
  /** Body of a function of `_CONTEXT`. */
  code: string
  pieces: { line: number; shown: string; check: string }[]
  /** Names the template assigns. */
  declares: Set<string>
}

/** Deeper nesting is refused: the engine's own parser is recursive. */
const MAX_DEPTH = 200

/** Errors: TemplateError for statements that are unknown, misplaced, too deep or not closed. */
export function generate(source: string, name: string): Generated {
  return new Generator(name).run(readSegments(source, name))
}

class Generator {
  readonly #name: string
  readonly #code: string[] = ['with (_CONTEXT) {']
  readonly #pieces: Generated['pieces'] = []
  readonly #declares = new Set<string>()
  readonly #open: { statement: string; inner: string; line: number; unique: number }[] = []
  #line = 0
  #unique = 0

  constructor(name: string) {
    this.#name = name
  }

  run(segments: Segment[]): Generated {
    for (const segment of segments) {
      if (segment.kind === 'text') this.#text(segment.text, segment.line)
      else if (segment.kind === 'block') this.#block(segment.name, segment.text, segment.line)
      else this.#statement(segment.name, segment.rest, segment.line)
    }
    const open = this.#open.at(-1)
    if (open) throw this.#error(open.line, `{${open.statement}} is not closed; add {/${open.statement}}`)
    return { code: `${this.#code.join('\n')}\n}`, pieces: this.#pieces, declares: this.#declares }
  }

  #text(text: string, line: number): void {
    for (const piece of readSection(text)) {
      const quoted = JSON.stringify(piece.text)
      if (piece.kind === 'text') this.#code.push(`_OUT.write(${quoted});`)
      else if (piece.kind === 'space') this.#code.push(`if (_FLAGS.keepWhitespace) _OUT.write(${quoted});`)
      else this.#expression(readExpression(piece.text), piece.text, line + piece.line)
    }
  }

  #expression(expression: Expression, shown: string, line: number): void {
    if (expression.code === '') return
    this.#at(line)
    this.#piece(line, `\${${shown}}`, `(${expression.code}\n)`)
    let code = `(${expression.code}\n)`
    for (const { name, args } of expression.modifiers) {
      if (args !== '') this.#piece(line, `\${${shown}}`, `[${args}\n]`)
      code = `_MODIFIER(${JSON.stringify(name)})(${code}${args === '' ? '' : `, ${args}\n`})`
    }
    this.#code.push(`_OUT.write(${code});`)
  }

  #block(name: string, text: string, line: number): void {
    if (name === 'cdata') this.#code.push(`_OUT.write(${JSON.stringify(text)});`)
    else if (name === 'minify')
      this.#code.push(`_OUT.write(${JSON.stringify(text.trim().replace(/\s+/g, ' '))});`)
    else if (text.trim() !== '') {
      this.#at(line)
      this.#piece(line, '{eval}', `function () { ${text}\n}`)
      this.#code.push(`_OUT.write((function () { ${text}\n})());`)
    }
  }

  #statement(name: string, rest: string, line: number): void {
    const rule = STATEMENTS[name]
    if (!rule) throw this.#error(line, `{${name}} is not a statement`)
    const frame = this.#checkPlace(name, rule, line)
    if (rule.opens) this.#open.push({ statement: name, inner: name, line, unique: ++this.#unique })
    const { code, check, declares = [] } = this.#emit(rule, rest, line)
    for (const declared of declares) this.#declares.add(declared)
    if (check !== undefined) this.#piece(line, `{${name} ${rest}}`, check)
    if (name === 'forelse' && frame) this.#code.push(forelseCode(frame.unique))
    else if (name === 'if' || name === 'for') this.#at(line)
    this.#code.push(code)
    if (rule.within && !rule.closes && frame && name !== 'elseif') frame.inner = name
    if (rule.closes) this.#open.pop()
    // What comes after may be reached from several places.
    this.#line = 0
  }

  #checkPlace(name: string, rule: StatementRule, line: number) {
    const frame = this.#open.at(-1)
    if (rule.opens && this.#open.length >= MAX_DEPTH)
      throw this.#error(line, `statements are nested more than ${MAX_DEPTH} deep; use a macro`)
    if (rule.within && !(frame && rule.within.includes(frame.inner))) {
      const where = frame ? `inside {${frame.inner}} of line ${frame.line}` : 'by itself'
      throw this.#error(line, `{${name}} stands ${where}; it belongs to {${rule.within[0]}}`)
    }
    return frame
  }

  #emit(rule: StatementRule, rest: string, line: number): Emitted {
    try {
      return rule.emit(rest, this.#unique)
    } catch (fault) {
      if (fault instanceof StatementFault) throw this.#error(line, fault.message)
      throw fault
    }
  }

  #piece(line: number, shown: string, check: string): void {
    this.#pieces.push({ line, shown: shown.length > 80 ? `${shown.slice(0, 77)}...` : shown, check })
  }

  /** Notes the line where what follows stands, for errors at run time. */
  #at(line: number): void {
    if (line !== this.#line) this.#code.push(`_OUT.at(${line});`)
    this.#line = line
  }

  #error(line: number, what: string): TemplateError {
    return new TemplateError(this.#name, line, what)
  }
}
