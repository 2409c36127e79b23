import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom } from '@openzimki/provider/simulated'
import { createDockerProvider } from '@openzimki/provider-docker'
import { EngineProcess, ensureTestImage, testConfig } from '@openzimki/provider-docker/testing'
import { engineLeftovers } from '../infrastructure/engine-leftovers.ts'
import { listProcesses } from '../processes/list-processes.ts'
import { PROCESSES_WITHIN_MS, untilNone } from '../processes/until-none.ts'
import { EngineProxy } from './engine-proxy.ts'
import { FaultPlan } from './fault-plan.ts'
import type { LaunchesReport } from './launches-report.ts'
import { leadLives, sumUp, sweep } from './lead-lives.ts'

export interface LaunchesOptions {
  count: number
  seed: number
  say(line: string): void
  /** Rejects when the run is to end early; what it made is taken away all the same. */
  interrupted: Promise<never>
}

const OWNER = 'chaos'
/** What one machine can do without waiting for itself. */
const AT_ONCE = 8
const FAULT_SHARE = 0.08
/** Less than an operator would set, since a call that is never answered takes as long. */
const DEADLINE_MS = 6_000

/** Launches machines on an engine of its own whose answers get lost, and looks at what is left of them. */
export async function runLaunches(options: LaunchesOptions): Promise<LaunchesReport> {
  const folder = await mkdtemp(join(tmpdir(), 'launches-'))
  const engine = await EngineProcess.start()
  try {
    await ensureTestImage(engine.socket)
    return await Promise.race([launchAll(options, engine, folder), options.interrupted])
  } finally {
    await engine.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function launchAll(
  options: LaunchesOptions,
  engine: EngineProcess,
  folder: string,
): Promise<LaunchesReport> {
  const { count, seed } = options
  const random = seededRandom(seed)
  const plan = new FaultPlan(random, FAULT_SHARE)
  const proxy = await EngineProxy.start(engine.socket, join(folder, 'proxy.sock'), plan)
  const sockets = { runDir: join(folder, 'run'), doorsDir: join(folder, 'run/doors') }
  await mkdir(sockets.doorsDir, { recursive: true })
  const config = testConfig(join(folder, 'proxy.sock'), OWNER, {
    sockets,
    maxMachines: 1_000,
    callMs: DEADLINE_MS,
  })
  const provider = createDockerProvider(config, { deadlineMs: DEADLINE_MS })
  const startMs = performance.now()
  try {
    const cycles = await leadLives({
      ...{ ...options, atOnce: AT_ONCE, provider, random },
      specOf: (id) => {
        const env = { ZIMKI_AGENT_RUN_DIR: join(sockets.runDir, id) }
        return { id, size: 'small', zone: null, env }
      },
    })
    plan.end()
    const strays = await sweep(provider, options.say)
    const seconds = Math.round((performance.now() - startMs) / 1000)
    const leftovers = await findLeftovers(engine, sockets.runDir)
    return {
      ...{ count, seed, seconds, where: 'a real engine' },
      faults: plan.total,
      missing: plan.missing(),
      strays,
      ...sumUp(cycles),
      leftovers,
    }
  } finally {
    await provider.close()
    await proxy.close()
  }
}

async function findLeftovers(engine: EngineProcess, runDir: string): Promise<string[]> {
  const folders = (await readdir(runDir)).filter((name) => name !== 'doors')
  const shims = await untilNone(PROCESSES_WITHIN_MS, async () =>
    (await listProcesses()).flatMap(({ pid, command, mentions }) =>
      mentions(`${engine.folder}/`) && command.includes('containerd-shim')
        ? [`process ${pid}: ${command.slice(0, 120)}`]
        : [],
    ),
  )
  return [...(await engineLeftovers(engine.socket)), ...folders.map((name) => `folder ${name}`), ...shims]
}
