import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PlatformOnS3 } from '../../providers/aws-s3/src/testing/platform-on-s3.ts'
import type { Cloud } from './cloud.ts'
import { ask } from './traffic.ts'
import { until } from './until.ts'

const PATIENCE_MS = 90_000
const PROMISED_WARM_MS = 2_000

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`

/** From a request to its answer, with no machine that runs: once with one that is prepared, once without; what was not as promised. */
export async function askWarmAndCold(cloud: Cloud, say: (line: string) => void): Promise<string[]> {
  const coldMs = await answerMs(cloud, 0)
  const warmMs = await answerMs(cloud, 1)
  say(
    `no machine runs, a realm is asked for, first answer: ${seconds(warmMs)} with one that is prepared, ${seconds(coldMs)} without`,
  )
  return warmMs > PROMISED_WARM_MS ? [`with a prepared machine the first answer took ${seconds(warmMs)}`] : []
}

async function answerMs(cloud: Cloud, prepared: number): Promise<number> {
  const name = prepared > 0 ? 'warm' : 'cold'
  const door = ['--agents-address', `${cloud.simulator.hostAddress}:0`]
  const pools = ['--pools', await writePools(cloud, name, prepared)]
  const data = join(cloud.folder, name, '.zimki')
  const platform = await PlatformOnS3.up(data, '--blobs', cloud.blobsOf(name), ...pools, ...door)
  const fleet = async (): Promise<{ id: string; state: string }[]> =>
    JSON.parse(await platform.zimki('fleet', '--json')).items
  const url = `http://127.0.0.1:${new URL(platform.url).port}/u/welcome/`
  const isKept = async () => {
    const states = (await fleet()).map(({ state }) => state)
    return states.length === prepared && states.every((state) => state === 'prepared')
  }
  try {
    // It has launched one to try the realm that it brings; that one dies, and nobody asks for anything then.
    await until('an answer', PATIENCE_MS, async () => (await ask(url)) === null)
    await until(
      'a machine that is prepared',
      PATIENCE_MS,
      async () => (await fleet()).filter(({ state }) => state === 'prepared').length === prepared,
    )
    await cloud.terminate(running(cloud))
    await until('no machine that runs', PATIENCE_MS, isKept)
    const startMs = performance.now()
    await until('an answer again', PATIENCE_MS, async () => (await ask(url)) === null)
    return performance.now() - startMs
  } finally {
    await platform.close()
  }
}

const running = ({ simulator }: Cloud): string[] =>
  simulator.cloud.instances.every().flatMap(({ id, state }) => (state === 'running' ? [id] : []))

/** Of machines on demand: nothing else can be stopped and started. */
async function writePools({ folder, config }: Cloud, name: string, prepared: number): Promise<string> {
  const path = join(folder, `${name}.json`)
  const pool = { name: 'ec2', provider: 'aws-ec2', config, size: 'steady', ceiling: 2, prepared }
  await writeFile(path, JSON.stringify([{ ...pool, joinSeconds: 60 }]))
  return path
}
