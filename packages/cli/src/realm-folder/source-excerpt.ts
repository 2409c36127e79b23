export interface SourcePlace {
  file: string
  /** From 1. */
  line: number
  /** From 1. */
  column: number
}

/** The source line with a caret below the column, as compilers show it. Long lines are cut around the column. */
export function sourceExcerpt(lineText: string, place: SourcePlace): string {
  const start = Math.max(0, place.column - 61)
  const shown = lineText
    .slice(start, start + 100)
    .replaceAll('\t', ' ')
    .trimEnd()
  const gutter = String(place.line)
  const caret = ' '.repeat(Math.max(0, place.column - 1 - start))
  return `  ${gutter} | ${shown}\n  ${' '.repeat(gutter.length)} | ${caret}^`
}
