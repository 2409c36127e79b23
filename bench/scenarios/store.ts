import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { figure, type MeasuredPromise } from '../measure/results-page.ts'
import type { Scenario } from './scenario.ts'

const OBJECTS = 1_000_000
const MOST_MS = 5
const LEAST_CREATES = 3_000
const run = promisify(execFile)

/** A line that the store's own benchmark prints: a name and figures. */
export interface StoreFigures {
  name: string
  p50?: number
  p99?: number
  perSecond?: number
}

/** The store with a million objects in a class, by its own benchmark. */
export const store: Scenario = {
  name: 'store',
  async run({ root, say }) {
    say(`filling a class with ${OBJECTS} objects; this takes some minutes`)
    const program = join(root, 'packages/store/bench/main.ts')
    const { stdout } = await run(process.execPath, [program, String(OBJECTS)], {
      cwd: root,
      timeout: 1_800_000,
    })
    return storeTable(parseStoreFigures(stdout))
  },
}

export function parseStoreFigures(output: string): StoreFigures[] {
  return output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as StoreFigures)
}

export function storeTable(figures: readonly StoreFigures[]) {
  const rows = figures.map(({ name, p50, p99, perSecond }) => [
    name,
    figure(p50 ?? Number.NaN),
    figure(p99 ?? Number.NaN),
    figure(perSecond ?? Number.NaN),
  ])
  return {
    title: 'Store',
    how: `${OBJECTS.toLocaleString('en-US')} objects in one class of one realm; each create is on disk before it is acknowledged.`,
    columns: ['what', 'p50 ms', 'p99 ms', 'a second'],
    rows,
    promises: storePromises(figures),
  }
}

function storePromises(figures: readonly StoreFigures[]): MeasuredPromise[] {
  const slowest = (what: string, pattern: RegExp): MeasuredPromise[] => {
    const p99s = figures.filter(({ name }) => pattern.test(name)).map(({ p99 }) => p99 ?? Number.NaN)
    if (p99s.length === 0) return []
    const most = Math.max(...p99s)
    return [{ what, target: `<= ${MOST_MS} ms`, measured: `${figure(most)} ms`, met: most <= MOST_MS }]
  }
  const creates = ['local', 'link'].flatMap((where) => capacity(figures, where))
  const perSecond = Math.min(...creates)
  const created: MeasuredPromise = {
    what: 'store: create, on disk before it is acknowledged, slower of local and link',
    target: `>= ${LEAST_CREATES.toLocaleString('en-US')} a second`,
    measured: `${figure(perSecond)} a second`,
    met: perSecond >= LEAST_CREATES,
  }
  return [
    ...slowest('store: equality search, p99, slowest', /equality/),
    ...slowest('store: get by terms, p99, slowest', /get by/),
    ...slowest(
      'store: page of an ordered search, of the first 1,000, p99, slowest',
      /page (?:by|of one kind)/,
    ),
    ...(creates.length > 0 ? [created] : []),
  ]
}

/** The most that it does, with as many in flight as that takes; fewer wait for the disk, and stand beside it in the table. */
function capacity(figures: readonly StoreFigures[], where: string): number[] {
  const rates = figures.flatMap(({ name, perSecond }) =>
    name.startsWith(`${where}: create`) && perSecond !== undefined ? [perSecond] : [],
  )
  return rates.length > 0 ? [Math.max(...rates)] : []
}
