import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PlatformOnS3 } from '../../providers/aws-s3/src/testing/platform-on-s3.ts'
import type { Cloud } from './cloud.ts'
import { ask } from './traffic.ts'
import { until } from './until.ts'

const PATIENCE_MS = 90_000
const PROMISED_WARM_MS = 2_000
/** Of the way without one: a host that is slow is so on both, and what is not prepared takes as long. */
const PROMISED_WARM_SHARE = 0.5
/** A host that has other things to do is asked again, and no more often. */
export const MOST_ROUNDS = 3

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`

/** From a request to its answer, with no machine that runs: without and with one that is prepared; what was not as promised. */
export async function askColdAndWarm(cloud: Cloud, say: (line: string) => void): Promise<string[]> {
  const cold = await answersMs(cloud, 0, 0)
  const promisedMs = Math.max(PROMISED_WARM_MS, PROMISED_WARM_SHARE * Math.min(...cold))
  const warm = await answersMs(cloud, 1, promisedMs)
  say(`no machine runs, a realm is asked for, first answer: ${cold.map(seconds).join(', ')}`)
  say(`  with a machine that is prepared: ${warm.map(seconds).join(', ')}`)
  const bestMs = Math.min(...warm)
  return bestMs > promisedMs ? [`with a prepared machine the first answer took ${seconds(bestMs)}`] : []
}

/** With a machine that is prepared, more than one only while none is as good as promised. */
async function answersMs(cloud: Cloud, prepared: number, promisedMs: number): Promise<number[]> {
  const name = prepared > 0 ? 'warm' : 'cold'
  const door = ['--agents-address', cloud.agentsAddress]
  const pools = ['--pools', await writePools(cloud, name, prepared)]
  const data = join(cloud.folder, name, '.zimki')
  const platform = await PlatformOnS3.up(data, '--blobs', cloud.blobsOf(name), ...pools, ...door)
  const answers: number[] = []
  try {
    // It has launched one to try the realm that it brings.
    await untilAnswered(platform)
    const rounds = prepared > 0 ? MOST_ROUNDS : 1
    while (answers.length < rounds && !answers.some((ms) => ms <= promisedMs)) {
      await killAll(cloud, platform, prepared)
      const startMs = performance.now()
      await untilAnswered(platform)
      answers.push(performance.now() - startMs)
    }
    return answers
  } finally {
    await platform.close()
  }
}

const untilAnswered = ({ url }: PlatformOnS3) => {
  const realm = `http://127.0.0.1:${new URL(url).port}/u/welcome/`
  return until('an answer', PATIENCE_MS, async () => (await ask(realm)) === null)
}

/** Machines that run die, and nobody asks for anything then: what is prepared is all that there is. */
async function killAll(cloud: Cloud, platform: PlatformOnS3, prepared: number): Promise<void> {
  const states = async (): Promise<string[]> => {
    const { items } = JSON.parse(await platform.zimki('fleet', '--json')) as { items: { state: string }[] }
    return items.map(({ state }) => state)
  }
  const isKept = (all: string[]) => all.filter((state) => state === 'prepared').length === prepared
  await until('a machine that is prepared', PATIENCE_MS, async () => isKept(await states()))
  const running = (await cloud.instances()).filter((one) => one.running)
  await cloud.terminate(running.map(({ id }) => id))
  await until('no machine that runs', PATIENCE_MS, async () => {
    const all = await states()
    return isKept(all) && all.length === prepared
  })
}

/** Of machines on demand: others cannot be stopped and started. */
async function writePools(
  { folder, provider, config }: Cloud,
  name: string,
  prepared: number,
): Promise<string> {
  const path = join(folder, `${name}.json`)
  const pool = { name: 'ec2', provider, config, size: 'steady', ceiling: 2, prepared }
  await writeFile(path, JSON.stringify([{ ...pool, joinSeconds: 60 }]))
  return path
}
