import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MachineProvider } from '@openzimki/provider'
import { seededRandom } from '@openzimki/provider/simulated'
import { createDockerProvider } from '@openzimki/provider-docker'
import { EngineProcess, ensureTestImage, testConfig } from '@openzimki/provider-docker/testing'
import { engineLeftovers } from '../infrastructure/engine-leftovers.ts'
import { listProcesses } from '../processes/list-processes.ts'
import { EngineProxy } from './engine-proxy.ts'
import { FaultPlan } from './fault-plan.ts'
import { type Cycle, runCycle } from './launch-cycle.ts'
import type { LaunchesReport } from './launches-report.ts'

export interface LaunchesOptions {
  count: number
  seed: number
  say(line: string): void
}

const OWNER = 'chaos'
/** Machines whose lives are led at the same time. */
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
    return await launchAll(options, engine, folder)
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
    const cycles = await leadLives({ ...options, provider, random, runDir: sockets.runDir })
    plan.end()
    const strays = await sweep(provider, options.say)
    const seconds = Math.round((performance.now() - startMs) / 1000)
    const leftovers = await findLeftovers(engine, sockets.runDir)
    return {
      count,
      seed,
      seconds,
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

interface Lives extends LaunchesOptions {
  provider: MachineProvider
  random: () => number
  runDir: string
}

async function leadLives({ count, say, provider, random, runDir }: Lives): Promise<Cycle[]> {
  const cycles: Cycle[] = []
  let next = 0
  const lead = async (): Promise<void> => {
    while (next < count) {
      const id = `m-${(next++).toString(16).padStart(8, '0')}`
      const spec = { id, size: 'small', zone: null, env: { ZIMKI_AGENT_RUN_DIR: join(runDir, id) } }
      cycles.push(await runCycle({ provider, spec, random }))
      if (cycles.length % 50 === 0) say(`${cycles.length} of ${count}`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lead))
  return cycles
}

/** As control looks for strays: machines of ours that nobody wants. How many there were. One that stays is found by who looks after us. */
async function sweep(provider: MachineProvider, say: (line: string) => void): Promise<number> {
  const strays = await provider.list()
  for (const { id } of strays) await provider.destroy(id).catch((error: unknown) => say(`${id}: ${error}`))
  return strays.length
}

async function findLeftovers(engine: EngineProcess, runDir: string): Promise<string[]> {
  const folders = (await readdir(runDir)).filter((name) => name !== 'doors')
  const shims = (await listProcesses()).filter(
    ({ command, mentions }) => mentions(`${engine.folder}/`) && command.includes('containerd-shim'),
  )
  return [
    ...(await engineLeftovers(engine.socket)),
    ...folders.map((name) => `folder ${name}`),
    ...shims.map(({ pid, command }) => `process ${pid}: ${command.slice(0, 120)}`),
  ]
}

function sumUp(
  cycles: readonly Cycle[],
): Pick<LaunchesReport, 'launched' | 'failed' | 'abandoned' | 'destroys' | 'complaints'> {
  const of = (launch: Cycle['launch']) => cycles.filter((cycle) => cycle.launch === launch).length
  return {
    ...{ launched: of('done'), failed: of('failed'), abandoned: of('abandoned') },
    destroys: cycles.reduce((sum, { destroys }) => sum + destroys, 0),
    complaints: cycles.flatMap(({ complaints }) => complaints),
  }
}
