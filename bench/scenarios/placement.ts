import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { figure, type MeasuredPromise } from '../measure/results-page.ts'
import type { Scenario } from './scenario.ts'

const MOST_PLAN_MS = 200
const MOST_CHOOSE_US = 2
const run = promisify(execFile)

/** What deciding costs, by placement's own benchmarks: `plan` of a whole fleet, `choose` of a cell. */
export const placement: Scenario = {
  name: 'placement',
  async run({ root, say }) {
    say('planning a fleet of 10,000 machines and 1,000,000 realms; this takes half a minute')
    const programs = ['plan.ts', 'choose.ts'].map((name) => join(root, 'packages/placement/bench', name))
    const outputs: string[] = []
    for (const program of programs)
      outputs.push((await run(process.execPath, [program], { cwd: root })).stdout)
    return placementTable(outputs.join(''))
  },
}

export function placementTable(output: string) {
  const plans = parse(output, /^plan of .*? realms, (.*): median ([\d.]+) ms, worst of \d+ ([\d.]+) ms/gm)
  const chooses = parse(output, /^(choose of \d+ cells): ([\d.]+)()/gm)
  const planMs = Math.max(...plans.map(({ median }) => median))
  const chooseUs = Math.max(...chooses.map(({ median }) => median)) / 1000
  return {
    title: 'Placement',
    how: 'Pure computing, no machine is real: one `plan` of 10,000 machines and 1,000,000 realms, median and worst of 7; one `choose` of a cell for a request, mean of a million.',
    columns: ['what', 'median', 'worst'],
    rows: [
      ...plans.map(({ name, median, worst }) => [
        `plan: ${name}`,
        `${figure(median)} ms`,
        `${figure(worst)} ms`,
      ]),
      ...chooses.map(({ name, median }) => [name, `${figure(median / 1000)} us`, '-']),
    ],
    promises: [
      promise(
        'plan of 10,000 machines and 1,000,000 realms, slowest case',
        `${MOST_PLAN_MS} ms`,
        planMs,
        MOST_PLAN_MS,
      ),
      promise('choose, slowest case', `${MOST_CHOOSE_US} us`, chooseUs, MOST_CHOOSE_US),
    ],
  }
}

function parse(output: string, line: RegExp): { name: string; median: number; worst: number }[] {
  const found = [...output.matchAll(line)].map(([, name = '', median, worst]) => {
    return { name, median: Number(median), worst: Number(worst) }
  })
  if (found.length > 0) return found
  throw new Error(`The benchmarks of placement printed no line like ${line}:\n${output.slice(0, 500)}`)
}

function promise(what: string, target: string, value: number, most: number): MeasuredPromise {
  return {
    what,
    target: `<= ${target}`,
    measured: `${figure(value)} ${target.split(' ')[1]}`,
    met: value <= most,
  }
}
