/** Words after which a slash starts a regular expression, not a division. */
const BEFORE_REGEX = /(?:^|[^\w$.])(?:return|typeof|case|in|of|delete|void|instanceof|new|do|else|throw)$/
/** As much of the code before a slash as is needed to tell what it is. */
const TAIL_CHARS = 16
/** Templates nested deeper than this are taken to run to the end of the file. */
const MAX_DEPTH = 50

/**
 * The program with comments, regular expressions, templates and the insides of strings blanked, at the same length: a name
 * found in what remains is one that is used. Linear in the length of the source.
 */
export function maskCode(source: string): string {
  const parts: string[] = []
  const interesting = /["'`/]/g
  let codeStart = 0
  let tail = ''
  for (let match = interesting.exec(source); match; match = interesting.exec(source)) {
    const at = match.index
    const before = (tail + source.slice(Math.max(codeStart, at - TAIL_CHARS), at))
      .trimEnd()
      .slice(-TAIL_CHARS)
    const end = endOfNonCode(source, at, before)
    if (end === null) continue
    parts.push(source.slice(codeStart, at), blanked(source, at, end))
    tail = isComment(source, at) ? before : ')'
    codeStart = end
    interesting.lastIndex = end
  }
  parts.push(source.slice(codeStart))
  return parts.join('')
}

const isComment = (source: string, at: number): boolean =>
  source[at] === '/' && (source[at + 1] === '/' || source[at + 1] === '*')

function blanked(source: string, at: number, end: number): string {
  const quote = source[at]
  const closed = end - at >= 2 && source[end - 1] === quote
  if ((quote !== '"' && quote !== "'") || !closed) return ' '.repeat(end - at)
  return quote + ' '.repeat(end - at - 2) + quote
}

/** Where what starts here and is no code ends; null: this is code. */
function endOfNonCode(source: string, at: number, before: string, depth = 0): number | null {
  const char = source[at]
  if (char === '"' || char === "'") return endOfString(source, at, char)
  if (char === '`') return endOfTemplate(source, at, depth)
  if (source[at + 1] === '/') return endAt(source, '\n', at)
  if (source[at + 1] === '*') return endAt(source, '*/', at + 2, 2)
  return startsRegex(before) ? endOfRegex(source, at) : null
}

function endAt(source: string, what: string, from: number, plus = 0): number {
  const found = source.indexOf(what, from)
  return found < 0 ? source.length : found + plus
}

function endOfString(source: string, at: number, quote: string): number {
  for (let index = at + 1; index < source.length; index++) {
    const char = source[index]
    if (char === '\\') index += 1
    else if (char === quote) return index + 1
    else if (char === '\n') return index
  }
  return source.length
}

function endOfTemplate(source: string, at: number, depth: number): number {
  let index = at + 1
  while (index < source.length) {
    const char = source[index]
    if (char === '`') return index + 1
    if (char === '\\') index += 2
    else if (char === '$' && source[index + 1] === '{') index = endOfHole(source, index + 2, depth + 1)
    else index += 1
  }
  return source.length
}

/** After the brace that closes `${`. */
function endOfHole(source: string, from: number, depth: number): number {
  if (depth > MAX_DEPTH) return source.length
  let open = 1
  let index = from
  while (index < source.length) {
    const char = source[index] as string
    const before = source.slice(Math.max(from, index - TAIL_CHARS), index).trimEnd()
    const end = /["'`/]/.test(char) ? endOfNonCode(source, index, before, depth) : null
    if (end === null) {
      if (char === '{') open += 1
      if (char === '}') open -= 1
      index += 1
      if (open === 0) return index
    } else {
      index = end
    }
  }
  return source.length
}

function startsRegex(before: string): boolean {
  return before === '' || !/[\w$)\]}]$/.test(before) || BEFORE_REGEX.test(before)
}

function endOfRegex(source: string, at: number): number {
  let inClass = false
  for (let index = at + 1; index < source.length; index++) {
    const char = source[index]
    if (char === '\\') index += 1
    else if (char === '\n') return index
    else if (char === '[') inClass = true
    else if (char === ']') inClass = false
    else if (char === '/' && !inClass) return index + 1
  }
  return source.length
}
