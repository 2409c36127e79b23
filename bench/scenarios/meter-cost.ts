import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { figure } from '../measure/results-page.ts'
import { median, medianRatio } from '../measure/statistics.ts'
import { type Platform, realmAddress, startPlatform } from '../targets/openzimki.ts'
import { loadOne, WARM_UP_SECONDS } from './measure-targets.ts'
import type { Scenario } from './scenario.ts'

const MOST_PERCENT = 5
/** Each a second: one process is faster than the next by more than a meter costs, and the machine changes within seconds. */
const PAIRS = 60
/** As long as the cell meters, and then does not (AlternatingMeter). */
const HALF_MS = 2_000
/** Requests of the half before are over then, and those of the next far. */
const INTO_HALF_MS = 300

/** What the meter costs: the same hello from one platform that meters in every other two seconds. */
export const meterCost: Scenario = {
  name: 'meter',
  async run(context) {
    const folder = join(context.benchFolder, 'realms/hello-module')
    const platform = await startPlatform({ root: context.root, flags: ['--meter', 'alternate'] })
    try {
      const target = { ...platform, ...realmAddress(platform, await platform.deploy(folder, 'hello')) }
      const warm = await loadOne(context, target, WARM_UP_SECONDS)
      const on: number[] = []
      const off: number[] = []
      for (let pair = 1; pair <= PAIRS; pair++) {
        await untilHalf(0)
        on.push((await loadOne(context, target, 1)).requestsPerSecond)
        await untilHalf(1)
        off.push((await loadOne(context, target, 1)).requestsPerSecond)
        context.say(
          `pair ${pair} of ${PAIRS}: metered ${figure(on.at(-1)!)}, not ${figure(off.at(-1)!)} requests/s`,
        )
      }
      const sent = [...on, ...off].reduce((sum, rate) => sum + rate, warm.requestsPerSecond * WARM_UP_SECONDS)
      await provesHalf(platform, sent)
      return meterTable(on, off)
    } finally {
      await platform.stop()
    }
  },
}

/** What is no half is no comparison: it would be noise, and pass for one. */
async function provesHalf(platform: Platform, sent: number): Promise<void> {
  const client = await platform.client()
  await delay(HALF_MS)
  const { totals } = await client.usage.get({ params: { realm: 'hello' }, query: { by: 'function' } })
  const share = totals.requests / sent
  if (share > 0.3 && share < 0.7) return
  throw new Error(`Of ${Math.round(sent)} requests ${totals.requests} were metered, which is not about half`)
}

/** Waits until a half begins, of those that meter (0) or do not (1). */
async function untilHalf(which: 0 | 1): Promise<void> {
  const period = 2 * HALF_MS
  const begin = which * HALF_MS + INTO_HALF_MS
  await delay((begin - (Date.now() % period) + period) % period)
}

export function meterTable(on: readonly number[], off: readonly number[]) {
  const percent = (1 - medianRatio(on, off)) * 100
  return {
    title: 'Meter',
    how: `The same hello from one platform, metered in every other two seconds: ${on.length} interleaved pairs of 1 s.`,
    columns: ['who', 'requests/s'],
    rows: [
      ['meter on', figure(median(on))],
      ['meter off', figure(median(off))],
    ],
    promises: [
      {
        what: 'meter on against meter off, requests/s',
        target: `at most ${MOST_PERCENT} % fewer`,
        measured: `${figure(percent)} % fewer`,
        met: percent <= MOST_PERCENT,
      },
    ],
  }
}
