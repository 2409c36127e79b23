import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { killHard } from '../processes/kill-hard.ts'
import type { Infrastructure } from './infrastructure.ts'

/** Machines as processes of this host. A machine is a session: all of it is one process group. */
export function localInfrastructure(): Infrastructure {
  return {
    name: 'local',
    parts: ['cell', 'agent', 'machine', 'control'],
    provider: 'local',
    providerConfig: {},
    machines: async (data) => (await machineFolders(data)).filter((name) => !name.startsWith('.')),
    killMachine: async (agentPid) => void killHard(-agentPid),
    killEngine: () => Promise.reject(new Error('processes have no engine')),
    restoreEngine: () => Promise.resolve(),
    leftovers: async (data) => (await machineFolders(data)).map((name) => `folder of machine ${name}`),
    close: () => Promise.resolve(),
  }
}

/** Each pool has a folder of its own, with one folder for each owner. */
async function machineFolders(data: string): Promise<string[]> {
  const homes = (await readdir(data)).filter((name) => name.startsWith('machines'))
  const owners = await Promise.all(homes.map(async (home) => inside(join(data, home))))
  return (await Promise.all(owners.flat().map(inside))).flat().map((path) => path.split('/').at(-1) ?? '')
}

const inside = async (folder: string): Promise<string[]> =>
  (await readdir(folder)).map((name) => join(folder, name))
