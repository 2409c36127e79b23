import { join } from 'node:path'
import { askOnce } from '../measure/ask-once.ts'
import { figure, type MeasuredPromise, type ResultTable } from '../measure/results-page.ts'
import { median } from '../measure/statistics.ts'
import { onDockerEngine } from '../targets/docker-engine.ts'
import { type Platform, realmAddress, startPlatform } from '../targets/openzimki.ts'
import { poolFlags } from '../targets/pools-file.ts'
import type { BenchContext, Scenario } from './scenario.ts'

/** The pool of the realm that is asked; the platform's own realms run in another. */
const POOL = 'asked'
/** After a start, until spare cells are up and the platform has nothing else to do; nothing tells us from outside. */
const SETTLE_MS = 3_000
const LOOK_MS = 50
const MOST_MS = { local: 1_000, docker: 2_000, spare: 50 }

interface Provider {
  provider: 'local' | 'docker'
  config: unknown
}

/** Of each round: milliseconds from a request to its answer where no machine was, and where a spare one waited. */
interface Starts {
  noneMs: number[]
  spareMs: number[]
}

/** First answer of a realm for which there is no machine, or only an empty one. */
export const machineStart: Scenario = {
  name: 'machines',
  async run(context) {
    const local = await measure(context, { provider: 'local', config: {} })
    const docker = await onDockerEngine(context.say, ({ config }) =>
      measure(context, { provider: 'docker', config }),
    )
    return startTable(context.rounds, local, docker)
  },
}

async function measure(context: BenchContext, provider: Provider): Promise<Starts> {
  return {
    noneMs: await firstAnswers(context, provider, 0),
    spareMs: await firstAnswers(context, provider, 1),
  }
}

/** Each round is a start of the platform, because only then is the machine as new as is promised. */
async function firstAnswers(context: BenchContext, provider: Provider, spares: number): Promise<number[]> {
  const own = { name: 'own', provider: 'local', floor: 1, ceiling: 1 }
  const pools = await poolFlags([own, { name: POOL, ...provider, floor: 0, ceiling: 2, spares }])
  const platform = await startPlatform({ root: context.root, flags: pools.flags })
  try {
    const { url, host } = realmAddress(platform, await deployTo(platform, context.benchFolder))
    const path = new URL(url).pathname
    const times: number[] = []
    for (let round = 0; round < context.rounds; round += 1) {
      await platform.restart()
      await untilMachines(platform, spares)
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
      times.push(await askOnce(`${platform.url}${path}`, host?.replace(/:\d+$/, '')))
      context.say(`${provider.provider}, ${spares} spare machines: ${times.at(-1)?.toFixed(0)} ms`)
    }
    return times
  } finally {
    await platform.stop()
    await pools.remove()
  }
}

async function deployTo(platform: Platform, benchFolder: string) {
  const client = await platform.client()
  const realm = await client.realms.create({ body: { name: 'asked' } })
  await client.realms.update({ params: { realm: realm.id }, body: { runsIn: { pool: POOL } } })
  return platform.deploy(join(benchFolder, 'realms/hello-script'), 'asked')
}

/** As many of the pool as are kept, ready. */
async function untilMachines(platform: Platform, wanted: number): Promise<void> {
  const client = await platform.client()
  for (;;) {
    const pool = (await client.fleet.pools()).pools.find(({ name }) => name === POOL)
    if (pool?.machines === wanted && pool.ready === wanted) return
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}

function startTable(
  rounds: number,
  local: Starts,
  docker: { measured: Starts } | { why: string },
): ResultTable {
  const row = (what: string, values: number[]) => [what, figure(median(values)), figure(Math.max(...values))]
  const missing = 'why' in docker ? docker.why : null
  const ofDocker = 'measured' in docker ? docker.measured : { noneMs: [], spareMs: [] }
  return {
    title: 'First answer from a new machine',
    how: `A realm is asked for whose pool has no machine, or one that waits empty; ${rounds} starts of the platform each, the median counts.${missing ? ` Docker: ${missing}.` : ''}`,
    columns: ['what', 'median ms', 'most ms'],
    rows: [
      row('no machine, local', local.noneMs),
      row('no machine, Docker', ofDocker.noneMs),
      row('a spare machine, local', local.spareMs),
      row('a spare machine, Docker', ofDocker.spareMs),
    ],
    promises: [
      promise('first answer with no machine, local', MOST_MS.local, local.noneMs, null),
      promise('first answer with no machine, Docker', MOST_MS.docker, ofDocker.noneMs, missing),
      promise('first answer with a spare machine, local', MOST_MS.spare, local.spareMs, null),
      promise('first answer with a spare machine, Docker', MOST_MS.spare, ofDocker.spareMs, missing),
    ],
  }
}

function promise(what: string, mostMs: number, values: number[], why: string | null): MeasuredPromise {
  const ms = median(values)
  const measured = why ?? `${figure(ms)} ms`
  return { what, target: `<= ${figure(mostMs)} ms`, measured, met: ms <= mostMs }
}
