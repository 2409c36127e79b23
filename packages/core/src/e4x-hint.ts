import { maskCode } from './mask-code.ts'

const GONE = 'is gone from JavaScript'
const XML = `. E4X (XML in the program) ${GONE}: build the text with strings or a template`
const QUERY = `. E4X (queries of XML like x.@id and x..item) ${GONE}: keep the data in objects and arrays`

/** What V8 says of each part of E4X, and what stands in a program that made it say so. */
const FORMS: readonly { token: RegExp; isIn(code: string, source: string): boolean; hint: string }[] = [
  { token: /^Unexpected token '<'$/, isIn: hasLiteral, hint: XML },
  {
    token: /^Unexpected identifier 'each'$/,
    isIn: (code) => /\bfor\s+each\s*\(/.test(code),
    hint: `. "for each" of E4X ${GONE}: use for (var value of Object.values(object))`,
  },
  {
    token: /^(?:Invalid or unexpected token|Unexpected token '[.(*]')$/,
    isIn: (code) => /(?:(?<![\w$])[A-Za-z_$][\w$]*|[)\]])\.(?:@|\*|\(|\.[\w$*@])/.test(code),
    hint: QUERY,
  },
  {
    token: /^Unexpected token 'default'$/,
    isIn: (code) => /\bdefault\s+xml\s+namespace\b/.test(code),
    hint: XML,
  },
]

/**
 * What to add to the message of a SyntaxError of V8 when E4X, part of JavaScript in 2006, is its reason; empty when it is not. Runs in
 * the isolate and outside. The place of the error is not asked for, because an eval does not tell it.
 */
export function e4xHint(message: string, source: string): string {
  const forms = FORMS.filter(({ token }) => token.test(message))
  if (forms.length === 0) return ''
  const code = maskCode(source)
  return forms.find(({ isIn }) => isIn(code, source))?.hint ?? ''
}

/** A literal starts where a value may: there the `<` of a comparison or of a type never stands. */
const LITERAL =
  /(?:^|[=(,:?&|[{};+!>]|\b(?:return|typeof|case|in|of|else|do|throw|new|delete|void|yield))\s*<(?=[A-Za-z_{>?]|!\[CDATA\[)/g
/** Of programs that are not E4X many may have to be looked at. */
const MAX_CANDIDATES = 50
const MAX_TAG_CHARS = 2_000

function hasLiteral(code: string, source: string): boolean {
  let seen = 0
  for (const match of code.matchAll(LITERAL)) {
    if (isLiteral(source, match.index + match[0].length - 1)) return true
    if (++seen === MAX_CANDIDATES) return false
  }
  return false
}

/** An element has an end, which tells it from `<T>` of a typed language. */
function isLiteral(source: string, at: number): boolean {
  const tag = source.slice(at, at + MAX_TAG_CHARS)
  const [, name] = /^<([A-Za-z_][\w.:-]*)/.exec(tag) ?? []
  if (name === undefined || /^<[^\s<>/]+(?:\s[^<>]*)?\/>/.test(tag)) return true
  return source.includes(`</${name}`, at)
}
