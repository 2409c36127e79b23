import { join } from 'node:path'
import { askOnce } from '../measure/ask-once.ts'
import { treeMemoryBytes } from '../measure/process-memory.ts'
import { figure } from '../measure/results-page.ts'
import { median } from '../measure/statistics.ts'
import { type Live, type Platform, realmAddress, startPlatform } from '../targets/openzimki.ts'
import type { Scenario } from './scenario.ts'

const REALMS = 1_000
const MOST_MB = 3
const ASKED_AT_ONCE = 4

/** What a warm realm costs in memory: the whole platform before and after a thousand of one account, anew in each round. */
export const warmMemory: Scenario = {
  name: 'memory',
  async run({ root, benchFolder, rounds, say }) {
    const platform = await startPlatform({ root })
    try {
      const realms = await deployAll(platform, join(benchFolder, 'realms/hello-script'), say)
      const beforeMb: number[] = []
      const eachMb: number[] = []
      for (let round = 1; round <= rounds; round++) {
        const found = await measureRound(platform, realms)
        beforeMb.push(found.beforeMb)
        eachMb.push(found.eachMb)
        say(`round ${round} of ${rounds}: ${figure(found.eachMb)} MB for each warm realm`)
      }
      return memoryTable(beforeMb, eachMb)
    } finally {
      await platform.stop()
    }
  },
}

/** From a start at which no realm is loaded. */
async function measureRound(platform: Platform, [first, ...others]: readonly Live[]) {
  await platform.restart()
  const memoryMb = () => (treeMemoryBytes(platform.pid) ?? Number.NaN) / 1e6
  const ask = async (realm: Live) => {
    const { url, host } = realmAddress(platform, realm)
    await askOnce(url, host)
  }
  await ask(first as Live)
  const beforeMb = memoryMb()
  const waiting = [...others]
  const worker = async () => {
    for (let realm = waiting.shift(); realm !== undefined; realm = waiting.shift()) await ask(realm)
  }
  await Promise.all(Array.from({ length: ASKED_AT_ONCE }, worker))
  return { beforeMb, eachMb: (memoryMb() - beforeMb) / others.length }
}

function memoryTable(beforeMb: number[], eachMb: number[]) {
  const each = median(eachMb)
  return {
    title: 'Memory of warm realms',
    how: `${REALMS} realms of one account, all warm; proportional memory of all processes of the platform, after less before. Medians of ${eachMb.length} starts.`,
    columns: ['what', 'MB', 'most MB'],
    rows: [
      ['the platform with one realm', figure(median(beforeMb)), figure(Math.max(...beforeMb))],
      ['each further warm realm', figure(each), figure(Math.max(...eachMb))],
    ],
    promises: [
      {
        what: `${REALMS} warm realms of one account, each`,
        target: `<= ${MOST_MB} MB`,
        measured: `${figure(each)} MB`,
        met: each <= MOST_MB,
      },
    ],
  }
}

async function deployAll(
  platform: Platform,
  folder: string,
  say: (line: string) => void,
): Promise<readonly Live[]> {
  const names = Array.from({ length: REALMS }, (_, index) => `warm-${index}`)
  const realms: Live[] = []
  await platform.deployMany(folder, names, async (deployed) => {
    if (realms.push(deployed) % 100 === 0) say(`${realms.length} of ${REALMS} realms deployed`)
  })
  return realms
}
