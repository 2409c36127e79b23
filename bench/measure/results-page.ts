/** One table of RESULTS.md. */
export interface ResultTable {
  title: string
  /** What was done, in a sentence or two. */
  how: string
  columns: string[]
  rows: string[][]
  /** Numbers that the project promises, and whether they were met. */
  promises: MeasuredPromise[]
}

export interface MeasuredPromise {
  what: string
  target: string
  measured: string
  met: boolean
}

/** The whole page, from what a run measured. */
export function resultsPage(machine: string, load: string, tables: readonly ResultTable[]): string {
  const promises = tables.flatMap((table) => table.promises)
  const rows = promises.map(({ what, target, measured, met }) => [
    what,
    target,
    measured,
    met ? 'yes' : '**no**',
  ])
  const parts = [
    '# Results',
    'Written by `npm run bench`; do not edit. Medians of rounds that take turns, so that what the machine did meanwhile met all alike.',
    `Machine: ${machine}. Load: ${load}.`,
    ...(rows.length > 0 ? ['## Promises', table(['what', 'promised', 'measured', 'met'], rows)] : []),
    ...tables.flatMap(({ title, how, columns, rows: cells }) => [`## ${title}`, how, table(columns, cells)]),
  ]
  return `${parts.join('\n\n')}\n`
}

function table(columns: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n')
}

/** 12345.6 -> 12,346; 3.456 -> 3.46. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '-'
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return value.toLocaleString('en-US', { maximumFractionDigits: digits })
}
