import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { EngineProcess, openEngine } from '@openzimki/provider-docker/testing'
import { killHard } from '../processes/kill-hard.ts'
import { listProcesses } from '../processes/list-processes.ts'
import { ownEnvironment } from '../processes/zimki-process.ts'
import { engineLeftovers } from './engine-leftovers.ts'
import type { Infrastructure } from './infrastructure.ts'

const LAUNCHER = fileURLToPath(new URL('../../packages/server/bin/zimki.js', import.meta.url))
const MACHINE_LABEL = 'org.openzimki.machine'

/** Machines as containers of an engine that this starts itself; `dockerd` and root are needed. `folder`: for the image's settings. */
export async function dockerInfrastructure(folder: string): Promise<Infrastructure> {
  const engine = await EngineProcess.start()
  try {
    await buildImage(engine.socket, folder)
  } catch (error) {
    await engine.close()
    throw error
  }
  return {
    name: 'docker',
    parts: ['cell', 'agent', 'machine', 'engine', 'control'],
    provider: 'docker',
    providerConfig: configOf(engine.socket),
    machines: () => containerMachines(engine.socket),
    killMachine,
    killEngine: () => engine.kill(),
    restoreEngine: () => engine.up(),
    leftovers: () => engineLeftovers(engine.socket),
    close: () => engine.close(),
  }
}

const configOf = (socket: string) => ({ connection: { socket } })

/** As an operator does it. */
async function buildImage(socket: string, folder: string): Promise<void> {
  const config = join(folder, 'docker.json')
  await writeFile(config, JSON.stringify(configOf(socket)))
  const args = ['provider', 'docker', 'image', '--config', config, '--from', 'installation']
  await promisify(execFile)(process.execPath, [LAUNCHER, ...args], { env: ownEnvironment() })
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
