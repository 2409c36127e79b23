import { join } from 'node:path'
import { askOnce } from '../measure/ask-once.ts'
import { figure } from '../measure/results-page.ts'
import { percentile } from '../measure/statistics.ts'
import { type Platform, realmAddress, startPlatform } from '../targets/openzimki.ts'
import type { Scenario } from './scenario.ts'

const REALMS = 100
/** After a start, until the spare cells are up; nothing tells us from outside. */
const SPARE_CELLS_MS = 3_000
/** Between one realm and the next, until the cell has made its spare isolates again. */
const SPARE_ISOLATES_MS = 200
const MOST_P50_MS = 15
const MOST_P99_MS = 50

/** First answer of a realm that is not loaded anywhere, as a client of the gateway sees it. */
export const coldStart: Scenario = {
  name: 'cold',
  async run({ root, benchFolder, say }) {
    const platform = await startPlatform({ root })
    try {
      const addresses = await deployAll(platform, join(benchFolder, 'realms/hello-script'), say)
      const calm = await askAll(platform, addresses, SPARE_ISOLATES_MS)
      const rushed = await askAll(platform, addresses, 0)
      return coldTable(calm, rushed)
    } finally {
      await platform.stop()
    }
  },
}

type Address = { path: string; host?: string }

/** After a restart, when no realm is loaded; milliseconds of the first and of the second answer of each. */
async function askAll(platform: Platform, addresses: Address[], pauseMs: number) {
  await platform.restart()
  await pause(SPARE_CELLS_MS)
  const coldMs: number[] = []
  const warmMs: number[] = []
  for (const { path, host } of addresses) {
    coldMs.push(await askOnce(`${platform.url}${path}`, host))
    warmMs.push(await askOnce(`${platform.url}${path}`, host))
    await pause(pauseMs)
  }
  return { coldMs, warmMs }
}

async function deployAll(platform: Platform, folder: string, say: (line: string) => void) {
  const addresses: Address[] = []
  const names = Array.from({ length: REALMS }, (_, index) => `cold-${index}`)
  await platform.deployMany(folder, names, async (deployed) => {
    const { url, host } = realmAddress(platform, deployed)
    addresses.push({ path: new URL(url).pathname, ...(host === undefined ? {} : { host }) })
  })
  say(`${REALMS} realms deployed`)
  // A restart gives another port; a host name carries the old one.
  return addresses.map(({ path, host }) => ({ path, host: host?.replace(/:\d+$/, '') }))
}

type Answers = Awaited<ReturnType<typeof askAll>>

function coldTable(calm: Answers, rushed: Answers) {
  const promise = (share: number, most: number) => ({
    what: `first answer of a cold realm, p${share * 100}`,
    target: `<= ${most} ms`,
    measured: `${figure(percentile(calm.coldMs, share))} ms`,
    met: percentile(calm.coldMs, share) <= most,
  })
  const row = (what: string, values: number[]) => [
    what,
    ...[0.5, 0.99, 1].map((share) => figure(percentile(values, share))),
  ]
  return {
    title: 'Cold start',
    how: `${REALMS} realms of one account, none loaded, each asked for once, ${SPARE_ISOLATES_MS} ms after the one before, so that a spare waits as promised. Beside it the same at once, which is faster than spares are made: most of those starts make their own. Seen by a client of the gateway.`,
    columns: ['what', 'p50 ms', 'p99 ms', 'most ms'],
    rows: [
      row('first answer, cold, a spare waiting', calm.coldMs),
      row('second answer, warm', calm.warmMs),
      row('first answer, cold, all in a row', rushed.coldMs),
    ],
    promises: [promise(0.5, MOST_P50_MS), promise(0.99, MOST_P99_MS)],
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
