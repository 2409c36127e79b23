export interface SourcePlace {
  file: string
  /** From 1. */
  line: number
  /** From 1; null where it is not known. */
  column: number | null
}

/** The source line with a caret below the column, as compilers show it. Long lines are cut around the column. */
export function sourceExcerpt(lineText: string, place: SourcePlace): string {
  const column = place.column ?? 1
  const start = Math.max(0, column - 61)
  const shown = lineText
    .slice(start, start + 100)
    .replaceAll('\t', ' ')
    .trimEnd()
  const gutter = String(place.line)
  const line = `  ${gutter} | ${shown}`
  if (place.column === null) return line
  return `${line}\n  ${' '.repeat(gutter.length)} | ${' '.repeat(Math.max(0, column - 1 - start))}^`
}
