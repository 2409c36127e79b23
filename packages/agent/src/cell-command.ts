import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { Hardening } from '@openzimki/provider'

type Command = readonly [string, ...string[]]

export interface CellUser {
  uid: number
  gid: number
}

export interface HardenedCommand {
  command: Command
  /** Who cells run as; null: the agent's own user. */
  user: CellUser | null
  /** What this really does here, for the provider's manifest. */
  hardening: Hardening[]
}

/** Of util-linux, outermost first; absolute paths, because an agent has no PATH. */
const LAYERS: { program: string; flags: string[]; gives: Hardening[] }[] = [
  // No file may grow, and no core file with customers' data is written: a cell has nothing to keep.
  { program: '/usr/bin/prlimit', flags: ['--core=0', '--fsize=0', '--'], gives: ['read-only-files'] },
  // The kernel kills the cell when its agent is gone, even one that hangs; and nothing in it can gain rights.
  {
    program: '/usr/bin/setpriv',
    flags: ['--pdeathsig', 'KILL', '--no-new-privs', '--'],
    gives: ['no-new-privileges', 'dies-with-parent'],
  },
]

/**
 * Puts before a cell's command what this host offers to confine it. Tried, not assumed: what is missing or too old is left
 * out, and `hardening` says what remains. `user` takes effect when the agent is root, which alone may change users.
 */
export async function hardenCellCommand(command: Command, user?: CellUser): Promise<HardenedCommand> {
  const hardening: Hardening[] = ['process-group']
  const before: string[] = []
  for (const { program, flags, gives } of LAYERS) {
    if (!(await works(program, flags))) continue
    // Whoever composed the command may have asked for the hardening already.
    if (!command.includes(program)) before.push(program, ...flags)
    hardening.push(...gives)
  }
  const changesUser = user !== undefined && process.getuid?.() === 0
  if (changesUser) hardening.push('unprivileged-user')
  return {
    command: [...before, ...command] as unknown as Command,
    user: changesUser ? user : null,
    hardening,
  }
}

/** Lets the tool run itself under its own flags. */
async function works(program: string, flags: string[]): Promise<boolean> {
  try {
    await access(program, constants.X_OK)
    await promisify(execFile)(program, [...flags, program, '--version'], { timeout: 5_000 })
    return true
  } catch {
    return false
  }
}
