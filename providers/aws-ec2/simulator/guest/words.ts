/** Splits a command line as systemd does: by blanks, with both kinds of quotes, backslashes, and variables of the environment. */
export function wordsOf(line: string, environment: Record<string, string>): string[] {
  return rawWords(line).flatMap(({ text, quoted }) => {
    const whole = /^\$(\w+)$/.exec(text)?.[1]
    // Unquoted and alone, a variable may be several words, or none.
    if (whole !== undefined && !quoted) return (environment[whole] ?? '').split(/\s+/).filter(Boolean)
    return [
      text
        .replaceAll(/\$\$|\$\{(\w+)\}|\$(\w+)/g, (one, braced?: string, bare?: string) =>
          one === '$$' ? '$' : (environment[braced ?? bare ?? ''] ?? ''),
        )
        .replaceAll('%%', '%'),
    ]
  })
}

export function rawWords(line: string): { text: string; quoted: boolean }[] {
  const pattern = /(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\\.|[^\s"'\\])+/g
  return [...line.matchAll(pattern)].map(([word]) => ({
    quoted: /^["']/.test(word),
    text: word.replaceAll(/"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|\\(.)/g, (_all, double, single, escaped) =>
      unescaped(double ?? single ?? `\\${escaped}`),
    ),
  }))
}

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', s: ' ' }
const unescaped = (text: string): string =>
  text.replaceAll(/\\(.)/g, (_all, one: string) => ESCAPES[one] ?? one)
