import { printable } from './printable.ts'

/** Rows under headings, columns aligned; numbers to the right. Cells are made safe for terminals. */
export function table(headings: string[], rows: (string | number | null | undefined)[][]): string {
  const cells = rows.map((row) =>
    row.map((cell) => printable(String(cell ?? '-')).replaceAll(/[\n\t]/g, ' ')),
  )
  const all = [headings, ...cells]
  const widths = headings.map((_, column) => Math.max(...all.map((row) => row[column]!.length)))
  const isNumber = headings.map(
    (_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'),
  )
  const line = (row: string[]) =>
    row
      .map((cell, column) =>
        isNumber[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join('  ')
      .trimEnd()
  return all.map(line).join('\n')
}
