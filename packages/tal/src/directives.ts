import { compileExpression, ExpressionFault } from './expression.ts'
import type { Directives, Placed } from './node.ts'
import { MarkupFault } from './read-tag.ts'

/** The value of one TAL attribute, its place in the source, and its line. */
export interface DirectiveSource {
  name: string
  value: string
  at: number
  line: number
}

export const DIRECTIVE_NAMES: ReadonlySet<string> = new Set([
  'define',
  'condition',
  'repeat',
  'replace',
  'content',
  'attributes',
  'omit-tag',
])

/** Compiles the TAL attributes of one element. Throws MarkupFault for what does not parse. */
export function compileDirectives(sources: readonly DirectiveSource[]): Directives {
  const directives: Directives = {
    define: [],
    condition: null,
    repeat: null,
    replace: null,
    content: null,
    attributes: [],
    omitTag: null,
  }
  for (const source of sources) {
    try {
      compileOne(directives, source)
    } catch (error) {
      if (!(error instanceof ExpressionFault)) throw error
      throw new MarkupFault(source.at, `tal:${source.name}: ${error.message}`)
    }
  }
  return directives
}

function compileOne(directives: Directives, source: DirectiveSource): void {
  switch (source.name) {
    case 'define':
      directives.define = splitStatements(source.value).map((text) => compileDefine(text, source))
      return
    case 'condition':
      directives.condition = place(source, source.value)
      return
    case 'repeat':
      directives.repeat = compileNamed(source.value, source)
      return
    case 'replace':
    case 'content':
      directives[source.name] = compileContent(source)
      return
    case 'attributes':
      directives.attributes = splitStatements(source.value).map((text) => compileAttribute(text, source))
      return
    case 'omit-tag':
      // Without an expression the tag always goes.
      directives.omitTag =
        source.value.trim() === '' ? { line: source.line, evaluate: () => true } : place(source, source.value)
      return
    default:
      throw new MarkupFault(
        source.at,
        `there is no tal:${source.name}; there are ${[...DIRECTIVE_NAMES].map((name) => `tal:${name}`).join(', ')}`,
      )
  }
}

/** Splits at `;`; `;;` is the character. */
export function splitStatements(text: string): string[] {
  const statements: string[] = []
  let current = ''
  let from = 0
  for (let at = text.indexOf(';'); at >= 0; at = text.indexOf(';', from)) {
    current += text.slice(from, at)
    if (text[at + 1] === ';') {
      current += ';'
      from = at + 2
    } else {
      statements.push(current)
      current = ''
      from = at + 1
    }
  }
  statements.push(current + text.slice(from))
  return statements.map((statement) => statement.trim()).filter((statement) => statement !== '')
}

const place = (source: DirectiveSource, expression: string): Placed => ({
  line: source.line,
  evaluate: compileExpression(expression),
})

function compileNamed(text: string, source: DirectiveSource): Placed & { name: string } {
  const [, name = '', expression = ''] = /^\s*(\S+)\s+(\S.*)$/s.exec(text) ?? []
  if (name === '') throw new ExpressionFault(`"${text.slice(0, 60)}" is not of the form: name expression`)
  return { ...place(source, expression), name }
}

function compileDefine(text: string, source: DirectiveSource): Directives['define'][number] {
  const [, scope, rest = text] = /^(local|global)\s+(\S+\s+\S.*)$/s.exec(text) ?? []
  return { ...compileNamed(rest, source), isGlobal: scope === 'global' }
}

function compileAttribute(text: string, source: DirectiveSource): Placed & { name: string } {
  const named = compileNamed(text, source)
  if (!/^[A-Za-z_:][\w:.-]*$/.test(named.name))
    throw new ExpressionFault(`"${named.name.slice(0, 60)}" cannot be the name of an attribute`)
  return named
}

function compileContent(source: DirectiveSource): Placed & { isStructure: boolean } {
  const [, type, rest = source.value] = /^\s*(text|structure)\s+(\S.*)$/s.exec(source.value) ?? []
  return { ...place(source, rest), isStructure: type === 'structure' }
}
