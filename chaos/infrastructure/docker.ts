import { type EngineProcess, openEngine, startMachineEngine } from '@openzimki/provider-docker/testing'
import { killHard } from '../processes/kill-hard.ts'
import { listProcesses } from '../processes/list-processes.ts'
import { engineLeftovers } from './engine-leftovers.ts'
import type { Infrastructure } from './infrastructure.ts'

const MACHINE_LABEL = 'org.openzimki.machine'

/** Machines as containers of an engine that this starts itself; `dockerd` and root are needed. */
export async function dockerInfrastructure(): Promise<Infrastructure> {
  const { engine, config } = await startMachineEngine()
  return {
    name: 'docker',
    parts: ['cell', 'agent', 'machine', 'engine', 'control'],
    provider: 'docker',
    providerConfig: config,
    machines: () => containerMachines(engine.socket),
    killMachine,
    killEngine: () => engine.kill(),
    restoreEngine: () => restart(engine),
    leftovers: () => engineLeftovers(engine.socket),
    close: () => engine.close(),
  }
}

const STARTS = 4

/** As an init system does it: an engine that was killed may fail to start while what it left behind is still ending. */
async function restart(engine: EngineProcess): Promise<void> {
  for (let start = 1; ; start += 1) {
    try {
      return await engine.up()
    } catch (error) {
      if (start === STARTS) throw error
    }
  }
}

async function containerMachines(socket: string): Promise<string[]> {
  const { docker, close } = openEngine({ socket })
  const found = await docker.listContainers({ all: true, filters: { label: [MACHINE_LABEL] } })
  close()
  return found.map(({ Labels }) => Labels[MACHINE_LABEL] ?? '')
}

/** The shim that holds the container goes first, and so nobody tells the engine. */
async function killMachine(agentPid: number): Promise<void> {
  const all = await listProcesses()
  const agent = all.find(({ pid }) => pid === agentPid)
  const shim = all.find(({ pid }) => pid === agent?.parent)
  if (shim?.command.includes('containerd-shim')) killHard(shim.pid)
  killHard(agentPid)
}
