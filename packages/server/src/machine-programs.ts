import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundlePrograms, cellEntryPath } from '@openzimki/runtime'

/** Paths of what machines with the files of this installation run. */
export interface MachinePrograms {
  agent: string
  cell: string
}

const INSTALLATION = fileURLToPath(new URL('../../..', import.meta.url))

/** Environment variable, read by AGENT_ENTRY: the path of an agent in one file. */
export const AGENT_PROGRAM = 'ZIMKI_AGENT_PROGRAM'

/** With what a machine that has these files starts. */
export const AGENT_ENTRY = fileURLToPath(new URL('../machine/agent.js', import.meta.url))

/** Puts agent and cell into one file each, in this folder. */
export async function ensurePrograms(cache: string): Promise<MachinePrograms> {
  const agent = fileURLToPath(import.meta.resolve('@openzimki/agent/agent-process'))
  const place = { installation: INSTALLATION, installedAt: INSTALLATION }
  const folder = await bundlePrograms({ agent, cell: cellEntryPath }, cache, place)
  return { agent: join(folder, 'agent.js'), cell: join(folder, 'cell.js') }
}
