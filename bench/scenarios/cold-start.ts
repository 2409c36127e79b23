import { join } from 'node:path'
import { askOnce } from '../measure/ask-once.ts'
import { figure } from '../measure/results-page.ts'
import { percentile } from '../measure/statistics.ts'
import { type Live, type Platform, realmAddress, startPlatform } from '../targets/openzimki.ts'
import type { Scenario } from './scenario.ts'

const REALMS = 100
/** Realms of accounts of their own: each takes the spare cell. */
const ACCOUNTS = 40
/** After a start, until the spare cells are up; nothing tells us from outside. */
const SPARE_CELLS_MS = 3_000
/** Between one realm and the next, until the cell has made its spare isolates again. */
const SPARE_ISOLATES_MS = 200
/** Between one account and the next, until there is a spare cell again, with its spare isolates. */
const SPARE_CELL_MS = 1_500
const MOST_P50_MS = 15
const MOST_P99_MS = 50

/** First answer of a realm that is not loaded anywhere, as a client of the gateway sees it. */
export const coldStart: Scenario = {
  name: 'cold',
  async run({ root, benchFolder, say }) {
    const platform = await startPlatform({ root })
    try {
      const folder = join(benchFolder, 'realms/hello-script')
      const names = (count: number, of: string) => Array.from({ length: count }, (_, n) => `${of}-${n}`)
      const addresses = await deployAll(platform.deployMany, folder, names(REALMS, 'cold'))
      const apart = await deployAll(platform.deployApart, folder, names(ACCOUNTS, 'apart'))
      say(`${REALMS + ACCOUNTS} realms deployed`)
      return coldTable({
        cell: await askAll(platform, apart, SPARE_CELL_MS),
        isolate: await askAll(platform, addresses, SPARE_ISOLATES_MS),
        rushed: await askAll(platform, addresses, 0),
      })
    } finally {
      await platform.stop()
    }
  },
}

/** After a restart, when no realm is loaded; milliseconds of the first and of the second answer of each. */
async function askAll(platform: Platform, realms: readonly Live[], pauseMs: number) {
  await platform.restart()
  await pause(SPARE_CELLS_MS)
  const coldMs: number[] = []
  const warmMs: number[] = []
  for (const realm of realms) {
    const { url, host } = realmAddress(platform, realm)
    coldMs.push(await askOnce(url, host))
    warmMs.push(await askOnce(url, host))
    await pause(pauseMs)
  }
  return { coldMs, warmMs }
}

type Deploy = Platform['deployMany']

async function deployAll(deploy: Deploy, folder: string, names: string[]): Promise<Live[]> {
  const live: Live[] = []
  await deploy(folder, names, async (deployed) => {
    live.push(deployed)
  })
  return live
}

type Answers = Awaited<ReturnType<typeof askAll>>

function coldTable({ cell, isolate, rushed }: Record<'cell' | 'isolate' | 'rushed', Answers>) {
  const promise = (what: string, { coldMs }: Answers, share: number, most: number) => ({
    what: `first answer of a cold realm, ${what}, p${share * 100}`,
    target: `<= ${most} ms`,
    measured: `${figure(percentile(coldMs, share))} ms`,
    met: percentile(coldMs, share) <= most,
  })
  const promises = (what: string, answers: Answers) => [
    promise(what, answers, 0.5, MOST_P50_MS),
    promise(what, answers, 0.99, MOST_P99_MS),
  ]
  const row = (what: string, values: number[]) => [
    what,
    ...[0.5, 0.99, 1].map((share) => figure(percentile(values, share))),
  ]
  return {
    title: 'Cold start',
    how: `Realms that are loaded nowhere, each asked for once, as a client of the gateway sees it. ${ACCOUNTS} of accounts of their own, each of which takes the spare cell, ${SPARE_CELL_MS} ms after the one before, so that one waits again. ${REALMS} of one account, which share its cell and take a spare isolate each, ${SPARE_ISOLATES_MS} ms apart; and the same at once, which is faster than spares are made: most of those starts make their own.`,
    columns: ['what', 'p50 ms', 'p99 ms', 'most ms'],
    rows: [
      row('first answer, cold, a spare cell waiting', cell.coldMs),
      row('second answer of it, warm', cell.warmMs),
      row('first answer, cold, a spare isolate waiting', isolate.coldMs),
      row('second answer of it, warm', isolate.warmMs),
      row('first answer, cold, all in a row', rushed.coldMs),
    ],
    promises: [...promises('a spare cell waiting', cell), ...promises('a spare isolate waiting', isolate)],
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
