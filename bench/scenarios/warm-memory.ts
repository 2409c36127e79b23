import { join } from 'node:path'
import { askOnce } from '../measure/ask-once.ts'
import { treeMemoryBytes } from '../measure/process-memory.ts'
import { figure } from '../measure/results-page.ts'
import { type Platform, realmAddress, startPlatform } from '../targets/openzimki.ts'
import type { Scenario } from './scenario.ts'

const REALMS = 1_000
const MOST_MB = 3

/** What a warm realm costs in memory: the whole platform before and after a thousand of one account. */
export const warmMemory: Scenario = {
  name: 'memory',
  async run({ root, benchFolder, say }) {
    const platform = await startPlatform({ root })
    const folder = join(benchFolder, 'realms/hello-script')
    const memoryMb = () => (treeMemoryBytes(platform.pid) ?? Number.NaN) / 1e6
    try {
      await platform.deploy(folder, 'first')
      const beforeMb = memoryMb()
      await warmAll(platform, folder, say)
      const eachMb = (memoryMb() - beforeMb) / REALMS
      return {
        title: 'Memory of warm realms',
        how: `${REALMS} realms of one account, all warm; proportional memory of all processes of the platform, after less before.`,
        columns: ['what', 'MB'],
        rows: [
          ['the platform with one realm', figure(beforeMb)],
          ['each further warm realm', figure(eachMb)],
        ],
        promises: [
          {
            what: `${REALMS} warm realms of one account, each`,
            target: `<= ${MOST_MB} MB`,
            measured: `${figure(eachMb)} MB`,
            met: eachMb <= MOST_MB,
          },
        ],
      }
    } finally {
      await platform.stop()
    }
  },
}

async function warmAll(platform: Platform, folder: string, say: (line: string) => void): Promise<void> {
  const names = Array.from({ length: REALMS }, (_, index) => `warm-${index}`)
  let warm = 0
  await platform.deployMany(folder, names, async (deployed) => {
    const { url, host } = realmAddress(platform, deployed)
    await askOnce(url, host)
    if (++warm % 100 === 0) say(`${warm} of ${REALMS} realms warm`)
  })
}
