import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { Hardening } from '@openzimki/provider'

type Command = readonly [string, ...string[]]

export interface HardenedCommand {
  command: Command
  /** What it really does here. */
  hardening: Hardening[]
}

/** Of util-linux; absolute, because an agent has no PATH. */
const SETPRIV = ['/usr/bin/setpriv', '/bin/setpriv']
/** The kernel kills the cell when its agent is gone, even one that hangs; and nothing in it can gain rights. */
const SETPRIV_FLAGS = ['--pdeathsig', 'KILL', '--no-new-privs', '--']

/**
 * Puts before a cell's command what this host offers to confine it. Tried, not assumed: where the tool is missing or too old, the
 * command stays as it is and `hardening` says so.
 */
export async function hardenCellCommand(command: Command): Promise<HardenedCommand> {
  for (const setpriv of SETPRIV) {
    if (!(await works(setpriv))) continue
    return {
      command: [setpriv, ...SETPRIV_FLAGS, ...command],
      hardening: ['process-group', 'no-new-privileges', 'dies-with-parent'],
    }
  }
  return { command, hardening: ['process-group'] }
}

async function works(setpriv: string): Promise<boolean> {
  try {
    await access(setpriv, constants.X_OK)
    await promisify(execFile)(setpriv, [...SETPRIV_FLAGS, setpriv, '--version'], { timeout: 5_000 })
    return true
  } catch {
    return false
  }
}
