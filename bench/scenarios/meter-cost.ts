import { join } from 'node:path'
import { figure } from '../measure/results-page.ts'
import { median, medianRatio } from '../measure/statistics.ts'
import { openZimki } from '../targets/openzimki.ts'
import { measureTargets } from './measure-targets.ts'
import type { Scenario } from './scenario.ts'

const MOST_PERCENT = 5

/** What the meter costs: the same hello with the meter on and off, in pairs. */
export const meterCost: Scenario = {
  name: 'meter',
  async run(context) {
    const target = (name: string, env: Record<string, string>) =>
      openZimki({ root: context.root, name, folder: join(context.benchFolder, 'realms/hello-module'), env })
    const targets = [target('meter on', {}), target('meter off', { ZIMKI_CELL_METER: 'off' })]
    const { results } = await measureTargets(context, targets)
    const rates = (name: string) => (results.get(name) ?? []).map((result) => result.requestsPerSecond)
    const percent = (1 - medianRatio(rates('meter on'), rates('meter off'))) * 100
    return {
      title: 'Meter',
      how: `The same hello with the meter on and off, ${context.rounds} interleaved pairs of ${context.seconds} s.`,
      columns: ['who', 'requests/s'],
      rows: [...results.keys()].map((name) => [name, figure(median(rates(name)))]),
      promises: [
        {
          what: 'meter on against meter off, requests/s',
          target: `at most ${MOST_PERCENT} % fewer`,
          measured: `${figure(percent)} % fewer`,
          met: percent <= MOST_PERCENT,
        },
      ],
    }
  },
}
