import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/** Position of `starttime` in /proc/<pid>/stat after the program's name (proc(5): field 22; the name is field 2). */
const START_TIME_INDEX = 19
const STATE_INDEX = 0

/**
 * Names one process for ever on this host: its start time tells it from a later one with the same pid. Null: no such
 * process, or it has ended and only waits to be reaped. Two identities are of one process exactly when they are equal.
 */
export async function processIdentity(pid: number): Promise<string | null> {
  if (!Number.isInteger(pid) || pid <= 1) return null
  return process.platform === 'linux' ? linuxIdentity(pid) : psIdentity(pid)
}

async function linuxIdentity(pid: number): Promise<string | null> {
  const [stat, boot] = await Promise.all([readOrNull(`/proc/${pid}/stat`), bootId()])
  if (stat === null) return null
  // The name is in brackets and may itself hold brackets and spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (fields[STATE_INDEX] === 'Z' || fields[STATE_INDEX] === 'X') return null
  return `${pid}@${fields[START_TIME_INDEX]}@${boot}`
}

/** Start times count from boot, so they mean nothing without it. */
async function bootId(): Promise<string> {
  return ((await readOrNull('/proc/sys/kernel/random/boot_id')) ?? 'unknown').trim()
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (thrown) {
    const code = (thrown as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ESRCH') return null
    throw thrown
  }
}

/** Elsewhere: a second's resolution is what there is. */
async function psIdentity(pid: number): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'state=,lstart=', '-p', String(pid)])
    const line = stdout.trim().replaceAll(/\s+/g, ' ')
    return line === '' || line.startsWith('Z') ? null : `${pid}@${line.slice(line.indexOf(' ') + 1)}`
  } catch (thrown) {
    if ((thrown as { code?: unknown }).code === 1) return null
    throw thrown
  }
}
