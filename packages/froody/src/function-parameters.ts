/**
 * The names of a function's parameters, out of `fn.toString()`: `function`, `async`, generators, arrows and methods, with
 * comments, default values, patterns (an empty name) and rest parameters (the bare name). Classes, native and bound
 * functions have none. Reads the head once, from left to right.
 */
export function functionParameterNames(source: string): string[] {
  const head = stripComments(source)
  const start = startOfParameters(head)
  if (start === null) return []
  if (typeof start === 'string') return [start]
  return splitParameters(head, start).map(nameOf)
}

/** Comments become spaces; the text of strings stays, with its brackets, quotes and commas taken out. */
function stripComments(source: string): string {
  const parts: string[] = []
  for (let at = 0; at < source.length; at++) {
    const two = source.slice(at, at + 2)
    if (two === '//' || two === '/*') {
      const close = two === '//' ? source.indexOf('\n', at) : source.indexOf('*/', at + 2)
      if (close < 0) break
      at = two === '//' ? close : close + 1
      parts.push(' ')
    } else if (`"'\``.includes(source.charAt(at))) {
      at = endOfString(source, at)
      parts.push('""')
    } else parts.push(source.charAt(at))
  }
  return parts.join('')
}

function endOfString(source: string, start: number): number {
  const quote = source.charAt(start)
  for (let at = start + 1; at < source.length; at++) {
    if (source[at] === '\\') at++
    else if (source[at] === quote) return at
  }
  return source.length
}

/** Index after the opening parenthesis; the name itself for `x => ...`; null where there are no parameters to see. */
function startOfParameters(head: string): number | string | null {
  const bare = /^\s*(?:async\s+)?([\p{ID_Start}$_][\p{ID_Continue}$]*)\s*=>/u.exec(head)
  if (bare?.[1]) return bare[1]
  if (/^\s*class\b/.test(head)) return null
  let brackets = 0
  for (let at = 0; at < head.length; at++) {
    const character = head[at]
    // A computed method name stands in brackets and may hold parentheses.
    if (character === '[') brackets++
    else if (character === ']') brackets--
    else if (character === '(' && brackets === 0) return at + 1
    else if (character === '{' && brackets === 0) return null
  }
  return null
}

function splitParameters(head: string, start: number): string[] {
  const parameters: string[] = []
  let depth = 0
  let from = start
  for (let at = start; at < head.length; at++) {
    const character = head.charAt(at)
    if (depth === 0 && (character === ',' || character === ')')) {
      parameters.push(head.slice(from, at))
      from = at + 1
      if (character === ')') break
    } else if ('([{'.includes(character)) depth++
    else if (')]}'.includes(character)) depth--
  }
  return parameters.map((text) => text.trim()).filter((text) => text !== '')
}

const nameOf = (parameter: string): string =>
  /^(?:\.\.\.\s*)?([\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*)/u.exec(parameter)?.[1] ?? ''
