import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { seededRandom } from '@openzimki/provider/simulated'
import { dockerInfrastructure } from '../infrastructure/docker.ts'
import type { Infrastructure } from '../infrastructure/infrastructure.ts'
import { localInfrastructure } from '../infrastructure/local.ts'
import { judgeFailures } from '../judge/judge-failures.ts'
import { judgeMeter } from '../judge/judge-meter.ts'
import { judgeWrites } from '../judge/judge-writes.ts'
import { Bag } from '../kills/bag.ts'
import { Executioner } from '../kills/executioner.ts'
import type { Kill } from '../kills/kill.ts'
import { Load } from '../load/load.ts'
import { Interrupted } from '../processes/interrupted.ts'
import { killHard } from '../processes/kill-hard.ts'
import { listProcesses } from '../processes/list-processes.ts'
import { ZimkiProcess } from '../processes/zimki-process.ts'
import { findLeftovers, findUnknownMachines } from './find-orphans.ts'
import { readMeter } from './read-meter.ts'
import { readNotes } from './read-notes.ts'
import { type StormRealm, setUpRealm } from './set-up-realms.ts'
import type { StormOptions } from './storm-options.ts'
import { type StormReport, stormReport } from './storm-report.ts'

/** Two of each, so that one may be killed while the other has nothing to do with it. */
const POOLS = ['left', 'right'] as const
const WRITERS = 2
/** Undisturbed before the first kill and after the last. */
const CALM_MS = 2_000
const MOST_PAUSE_MS = 2_000
/** Of each realm before the next kill, so that there is always load on what is killed. */
const ANSWERS_BETWEEN = 20
/** All that was killed is back by then, even on a machine that is busy with other things. */
const BACK_WITHIN_MS = 30_000

/** What a storm goes over. */
interface Scene {
  options: StormOptions
  folder: string
  data: string
  infrastructure: Infrastructure
  platform: ZimkiProcess
  random: () => number
}

/** Kills parts of a platform at random while it is used, ends it in order, and judges what its clients and its books say. */
export async function runStorm(options: StormOptions): Promise<StormReport> {
  const folder = await mkdtemp(join(tmpdir(), 'chaos-'))
  const data = join(folder, 'data')
  let infrastructure: Infrastructure | null = null
  try {
    infrastructure = options.provider === 'docker' ? await dockerInfrastructure() : localInfrastructure()
    const flags = ['--pools', await writePools(folder, infrastructure)]
    const platform = new ZimkiProcess({ data, logFile: join(folder, 'log'), flags })
    const random = seededRandom(options.seed)
    const scene = { options, folder, data, infrastructure, platform, random }
    const report = await Promise.race([goOver(scene), options.interrupted])
    if (report.complaints.length > 0) await keepLog(folder, options)
    return report
  } catch (error) {
    if (!(error instanceof Interrupted)) await keepLog(folder, options)
    throw error
  } finally {
    await endAll(data)
    await infrastructure?.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function writePools(folder: string, { provider, providerConfig }: Infrastructure): Promise<string> {
  const file = join(folder, 'pools.json')
  const pools = POOLS.map((name) => ({
    name,
    provider,
    config: providerConfig,
    floor: 1,
    ceiling: 1,
    joinSeconds: 30,
  }))
  await writeFile(file, JSON.stringify(pools))
  return file
}

async function goOver(scene: Scene): Promise<StormReport> {
  const { options, data, infrastructure, platform, random } = scene
  await platform.up()
  const realms = await Promise.all(POOLS.map((pool) => setUpRealm(platform, pool)))
  const load = new Load({
    port: platform.port,
    realms: realms.map(({ name }) => name),
    writers: WRITERS,
    random,
  })
  const startMs = performance.now()
  const complaints: string[] = []
  const kills = await rage(scene, realms, load, startMs, complaints)
  await load.stop()
  const endMs = performance.now()
  options.say('the load has ended; looking at what is there')
  const { sent, writers } = load
  for (const writer of writers)
    complaints.push(...judgeWrites(writer, await readNotes(platform.port, writer)))
  complaints.push(...(await findUnknownMachines(platform, infrastructure, data)))
  const meter = judgeMeter(await readMeter(platform, realms, data), sent, kills)
  const status = await platform.end()
  if (status !== 0) complaints.push(`the platform ended with ${status} when it was asked to`)
  complaints.push(...(await findLeftovers(infrastructure, data)).map((what) => `left behind: ${what}`))
  return stormReport({
    ...{ provider: infrastructure.name, seed: options.seed, startMs, endMs, kills, sent, meter, complaints },
    written: writers.reduce((sum, { written }) => sum + written.length, 0),
    failures: judgeFailures(sent, kills),
  })
}

/** All kills until the time is up. */
async function rage(
  scene: Scene,
  realms: readonly StormRealm[],
  load: Load,
  startMs: number,
  complaints: string[],
): Promise<Kill[]> {
  const { options, data, infrastructure, platform, random } = scene
  const realmsOf = new Map(POOLS.map((pool, index) => [pool, [realms[index]?.name ?? '']]))
  const executioner = new Executioner({ infrastructure, platform, data, realmsOf, random })
  const bag = new Bag(infrastructure.parts, random)
  const endMs = startMs + options.minutes * 60_000 - CALM_MS
  const kills: Kill[] = []
  await delay(CALM_MS)
  while (performance.now() < endMs) {
    const kill = await executioner.kill(bag.draw())
    if (kill) {
      kills.push(kill)
      options.say(`${((kill.fromMs - startMs) / 1000).toFixed(1)} s: killed the ${kill.part}, ${kill.what}`)
    }
    if (!(await load.answers(ANSWERS_BETWEEN, BACK_WITHIN_MS)))
      complaints.push(
        `after ${kill?.what ?? 'no kill'}, not every realm was back within ${BACK_WITHIN_MS} ms`,
      )
    await delay(random() * MOST_PAUSE_MS)
  }
  await delay(CALM_MS)
  return kills
}

/** Whatever a run that failed left of its own. */
async function endAll(data: string): Promise<void> {
  for (const { pid, mentions } of await listProcesses())
    if (pid !== process.pid && mentions(data)) killHard(pid)
}

async function keepLog(folder: string, { say }: StormOptions): Promise<void> {
  const log = await readFile(join(folder, 'log'), 'utf8').catch(() => '')
  say(`what the platform said:\n${log.slice(-20_000)}`)
}
