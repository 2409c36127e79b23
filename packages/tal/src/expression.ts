import type { Scope } from './scope.ts'
import { asText, DEFAULT, isTrue, readMember } from './value.ts'

/** A compiled expression. */
export type Expression = (scope: Scope) => unknown

/** `not:not:...` and the like may not go deeper. */
const MAX_DEPTH = 32

/**
 * Compiles `path:`, `string:`, `not:` or `javascript:`; without a prefix it is a path. Throws ExpressionFault, which says
 * what is wrong.
 */
export function compileExpression(source: string, depth = 0): Expression {
  if (depth > MAX_DEPTH) throw new ExpressionFault(`more than ${MAX_DEPTH} expressions within one another`)
  const text = source.trim()
  const [prefix, type] = /^(\w+):\s*/.exec(text) ?? ['', 'path']
  const rest = text.slice(prefix.length)
  switch (type) {
    case 'path':
      return compilePath(rest, depth)
    case 'string':
      return compileString(rest, depth)
    case 'not':
      return negate(compileExpression(rest, depth + 1))
    case 'javascript':
      return compileJavaScript(rest)
    default:
      throw new ExpressionFault(
        `there are no "${type}:" expressions; there are path:, string:, not: and javascript:`,
      )
  }
}

export class ExpressionFault extends Error {}

const negate =
  (inner: Expression): Expression =>
  (scope) =>
    !isTrue(inner(scope))

/** `a/b | c | string:d`: the first that is there. An alternative with another prefix takes all that follows. */
function compilePath(text: string, depth: number): Expression {
  const alternatives: Expression[] = []
  let from = 0
  while (from <= text.length) {
    const bar = text.indexOf('|', from)
    const part = text.slice(from, bar < 0 ? text.length : bar).trim()
    const isOther = from > 0 && /^\w+:/.test(part) && !part.startsWith('path:')
    if (isOther) {
      alternatives.push(compileExpression(text.slice(from), depth + 1))
      break
    }
    alternatives.push(compileSteps(part.startsWith('path:') ? part.slice(5).trim() : part))
    if (bar < 0) break
    from = bar + 1
  }
  const [only] = alternatives
  return alternatives.length === 1 && only ? only : firstOf(alternatives)
}

const firstOf =
  (alternatives: Expression[]): Expression =>
  (scope) => {
    for (const [index, alternative] of alternatives.entries()) {
      const value = alternative(scope)
      // `nothing` at the end stays what it is.
      if ((value !== undefined && value !== null) || index === alternatives.length - 1) return value
    }
    return undefined
  }

function compileSteps(path: string): Expression {
  const [first = '', ...steps] = path.replace(/^\//, '').split('/')
  if (first === '') return () => undefined
  if (/[\s"'<>{}()]/.test(path))
    throw new ExpressionFault(`"${path.slice(0, 60)}" is not a path such as user/name`)
  return (scope) => {
    let value = scope.get(first)
    for (const step of steps) value = readMember(value, step)
    return value
  }
}

/** `$name` and `${any/expression}` are filled in; `$$` is one `$`; a `$` before anything else is itself. */
function compileString(text: string, depth: number): Expression {
  const parts: (string | Expression)[] = []
  const lastClose = text.lastIndexOf('}')
  let from = 0
  for (let at = text.indexOf('$'); at >= 0; at = text.indexOf('$', Math.max(from, at + 1))) {
    const placeholder = readPlaceholder(text, at, lastClose)
    if (!placeholder) continue
    parts.push(text.slice(from, at))
    parts.push(placeholder.name === null ? '$' : compileExpression(placeholder.name, depth + 1))
    from = placeholder.end
  }
  parts.push(text.slice(from))
  return (scope) =>
    parts.map((part) => (typeof part === 'string' ? part : placeholderText(part(scope)))).join('')
}

const WORD = /\w+/y

/** What stands at a `$`: an expression, or null for `$$`. `lastClose`: no `}` comes after it. */
function readPlaceholder(
  text: string,
  at: number,
  lastClose: number,
): { name: string | null; end: number } | undefined {
  if (text[at + 1] === '$') return { name: null, end: at + 2 }
  if (text[at + 1] === '{') {
    if (at > lastClose) return undefined
    const close = text.indexOf('}', at)
    return { name: text.slice(at + 2, close), end: close + 1 }
  }
  WORD.lastIndex = at + 1
  const word = WORD.exec(text)?.[0]
  return word === undefined ? undefined : { name: word, end: at + 1 + word.length }
}

const placeholderText = (value: unknown): string => (value === DEFAULT ? '' : asText(value))

function compileJavaScript(code: string): Expression {
  if (code === '') throw new ExpressionFault('javascript: needs an expression after it')
  try {
    new Function(`return (${code}\n)`)
  } catch (error) {
    throw new ExpressionFault(`javascript:${code.slice(0, 60)} does not parse: ${(error as Error).message}`)
  }
  return (scope) => scope.run.evaluateJavaScript(code, scope.toObject())
}
