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

interface Layer {
  program: string
  flags: string[]
  gives: Hardening[]
}

/** Of util-linux; absolute paths, because an agent has no PATH. No file may grow, and no core file shows customers' data. */
const LIMITS: Layer = {
  program: '/usr/bin/prlimit',
  flags: ['--core=0', '--fsize=0', '--'],
  gives: ['read-only-files'],
}

/** The kernel kills the cell when its agent is gone, even one that hangs; and nothing in it can gain rights. */
const RIGHTS: Layer = {
  program: '/usr/bin/setpriv',
  flags: ['--pdeathsig', 'KILL', '--no-new-privs', '--'],
  gives: ['no-new-privileges', 'dies-with-parent'],
}

/** For a cell that runs as root: it owns what root owns, but has none of root's powers. */
const RIGHTS_OF_ROOT: Layer = {
  program: '/usr/bin/setpriv',
  flags: ['--bounding-set=-all', '--inh-caps=-all', ...RIGHTS.flags],
  gives: [...RIGHTS.gives, 'no-capabilities'],
}

/**
 * Puts before a cell's command what this host offers to confine it. Tried, not assumed: what is missing or too old is left
 * out, and `hardening` says what remains. `user` takes effect when the agent is root, which alone may change users.
 * A command that went through this before is not wrapped again.
 */
export async function hardenCellCommand(command: Command, user?: CellUser): Promise<HardenedCommand> {
  const isRoot = process.getuid?.() === 0
  const cellUser = isRoot && user !== undefined ? user : null
  const hardening: Hardening[] = ['process-group']
  const before: string[] = []
  for (const variants of [[LIMITS], isRoot && !cellUser ? [RIGHTS_OF_ROOT, RIGHTS] : [RIGHTS]]) {
    const layer = await firstThatWorks(variants)
    if (!layer) continue
    if (!command.includes(layer.program)) before.push(layer.program, ...layer.flags)
    hardening.push(...layer.gives)
  }
  if (cellUser) hardening.push('unprivileged-user')
  const [first = command[0], ...rest] = [...before, ...command]
  return { command: [first, ...rest], user: cellUser, hardening }
}

async function firstThatWorks(variants: Layer[]): Promise<Layer | null> {
  for (const layer of variants) if (await works(layer)) return layer
  return null
}

/** Lets the tool run itself under its own flags. */
async function works({ program, flags }: Layer): Promise<boolean> {
  try {
    await access(program, constants.X_OK)
    await promisify(execFile)(program, [...flags, program, '--version'], { timeout: 5_000 })
    return true
  } catch {
    return false
  }
}
