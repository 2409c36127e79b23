import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { processIdentity } from '@openzimki/provider'
import type { ProcessRecord } from './machine-folder.ts'

/** Name of the environment variable that proves a process to be a certain machine. */
export const TAG_VARIABLE = 'ZIMKI_MACHINE_TAG'

const POLL_MS = 20

/** Whether exactly this process still runs; a later one with its pid does not count. */
export async function isAlive({ pid, identity }: ProcessRecord): Promise<boolean> {
  return (await processIdentity(pid)) === identity
}

/**
 * Signals the machine's process group, if its leader still is the process that we started. A group cannot be told from another
 * once its leader is gone, so then nothing is signalled. False: it was gone.
 */
export async function signalOwn(record: ProcessRecord, signal: 'SIGTERM' | 'SIGKILL'): Promise<boolean> {
  if (!(await isAlive(record))) return false
  try {
    // SIGTERM is for the agent alone: it ends what is its own in order.
    process.kill(signal === 'SIGKILL' ? -record.pid : record.pid, signal)
    return true
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw thrown
  }
}

/** True once it is gone, false after `waitMs`. Rejects with AbortError. */
export async function waitGone(record: ProcessRecord, waitMs: number, signal: AbortSignal): Promise<boolean> {
  const until = performance.now() + waitMs
  while (await isAlive(record)) {
    if (performance.now() >= until) return false
    await delay(POLL_MS, undefined, { signal })
  }
  return true
}

/** The process whose environment carries the tag: one that was started just before its platform was killed. Linux only. */
export async function findByTag(tag: string): Promise<ProcessRecord | null> {
  if (process.platform !== 'linux') return null
  const wanted = `${TAG_VARIABLE}=${tag}`
  for (const name of await readdir('/proc')) {
    const pid = Number(name)
    if (!Number.isInteger(pid) || !(await environmentOf(pid)).includes(wanted)) continue
    const identity = await processIdentity(pid)
    if (identity !== null) return { pid, identity }
  }
  return null
}

/** Empty for a process that is gone or not ours to look into; such a one is not ours to end either. */
async function environmentOf(pid: number): Promise<string[]> {
  try {
    return (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0')
  } catch (thrown) {
    const code = (thrown as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EPERM') return []
    throw thrown
  }
}
