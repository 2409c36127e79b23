import { join } from 'node:path'
import { askOnce } from '../measure/ask-once.ts'
import { figure } from '../measure/results-page.ts'
import { percentile } from '../measure/statistics.ts'
import { type Platform, realmAddress, startPlatform } from '../targets/openzimki.ts'
import type { Scenario } from './scenario.ts'

const REALMS = 100
/** After a start, until the spare cells are up; nothing tells us from outside. */
const SPARE_CELLS_MS = 3_000
const MOST_P50_MS = 15
const MOST_P99_MS = 50

/** First answer of a realm that is not loaded anywhere, as a client of the gateway sees it. */
export const coldStart: Scenario = {
  name: 'cold',
  async run({ root, benchFolder, say }) {
    const platform = await startPlatform({ root })
    try {
      const addresses = await deployAll(platform, join(benchFolder, 'realms/hello-script'), say)
      // After a restart no realm is loaded.
      await platform.restart()
      await new Promise((resolve) => setTimeout(resolve, SPARE_CELLS_MS))
      const coldMs: number[] = []
      const warmMs: number[] = []
      for (const { path, host } of addresses) {
        coldMs.push(await askOnce(`${platform.url}${path}`, host))
        warmMs.push(await askOnce(`${platform.url}${path}`, host))
      }
      return coldTable(coldMs, warmMs)
    } finally {
      await platform.stop()
    }
  },
}

async function deployAll(platform: Platform, folder: string, say: (line: string) => void) {
  const addresses: { path: string; host?: string }[] = []
  const names = Array.from({ length: REALMS }, (_, index) => `cold-${index}`)
  await platform.deployMany(folder, names, async (deployed) => {
    const { url, host } = realmAddress(platform, deployed)
    addresses.push({ path: new URL(url).pathname, ...(host === undefined ? {} : { host }) })
  })
  say(`${REALMS} realms deployed`)
  // A restart gives another port; a host name carries the old one.
  return addresses.map(({ path, host }) => ({ path, host: host?.replace(/:\d+$/, '') }))
}

function coldTable(coldMs: number[], warmMs: number[]) {
  const promise = (share: number, most: number) => ({
    what: `first answer of a cold realm, p${share * 100}`,
    target: `<= ${most} ms`,
    measured: `${figure(percentile(coldMs, share))} ms`,
    met: percentile(coldMs, share) <= most,
  })
  const row = (what: string, values: number[]) => [
    what,
    ...[0.5, 0.99, 1].map((share) => figure(percentile(values, share))),
  ]
  return {
    title: 'Cold start',
    how: `${REALMS} realms of one account, none loaded, each asked for once; spare cells wait. Seen by a client of the gateway.`,
    columns: ['what', 'p50 ms', 'p99 ms', 'most ms'],
    rows: [row('first answer, cold', coldMs), row('second answer, warm', warmMs)],
    promises: [promise(0.5, MOST_P50_MS), promise(0.99, MOST_P99_MS)],
  }
}
