import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import { promisify } from 'node:util'
import type { Hardening } from '@openzimki/provider'
import type { CellUserRange } from './cell-users.ts'

type Command = readonly [string, ...string[]]

export interface HardenedCommand {
  command: Command
  /** Whose users cells run as, one each; null: as the agent's own user. */
  users: CellUserRange | null
  /** Why they run as the agent's own user, for the operator; null: they do not. */
  whyOwnUser: string | null
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
 * out, and `hardening` says what remains. `range` takes effect when the agent may change users and such a user can read the program.
 * A command that went through this before is not wrapped again.
 */
export async function hardenCellCommand(command: Command, range?: CellUserRange): Promise<HardenedCommand> {
  const isRoot = process.getuid?.() === 0
  const whyOwnUser = await whyNot(command, range)
  const users = range && whyOwnUser === null ? range : null
  const hardening: Hardening[] = ['process-group']
  const before: string[] = []
  for (const variants of [[LIMITS], isRoot && !users ? [RIGHTS_OF_ROOT, RIGHTS] : [RIGHTS]]) {
    const layer = await firstThatWorks(variants)
    if (!layer) continue
    if (!command.includes(layer.program)) before.push(layer.program, ...layer.flags)
    hardening.push(...layer.gives)
  }
  if (users) hardening.push('unprivileged-user')
  const [first = command[0], ...rest] = [...before, ...command]
  return { command: [first, ...rest], users, whyOwnUser, hardening }
}

/** Reads what it is given, and says what it cannot. */
const READ = `for (const path of process.argv.slice(1)) {
  try { require('fs').accessSync(path, require('fs').constants.R_OK) } catch (error) { console.log(error.code + ' ' + path); process.exit(0) }
}`

/** Null: cells can run as users of the range. */
async function whyNot(command: Command, range: CellUserRange | undefined): Promise<string | null> {
  if (range === undefined) return 'it was not asked for'
  if (process.platform !== 'linux') return 'only Linux has what it takes'
  if (process.getuid?.() !== 0) return 'only root may start processes as other users, and this is not root'
  const paths = command.filter((word) => isAbsolute(word) && !isTemplate(word))
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', READ, ...paths], {
      ...{ uid: range.firstUid, gid: range.gid, timeout: 10_000, cwd: '/', env: {} },
    })
    return stdout === '' ? null : `another user cannot read what it needs: ${stdout.trim()}`
  } catch (thrown) {
    const { code, message } = thrown as { code?: unknown; message?: unknown }
    return `another user cannot start ${process.execPath}: ${String(code ?? message)}`
  }
}

/** A folder that is known only when there is a machine. */
const isTemplate = (word: string): boolean => word.includes('{')

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
