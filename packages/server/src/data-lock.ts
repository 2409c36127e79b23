import { open, readFile, rm } from 'node:fs/promises'
import { PlatformError } from '@openzimki/core'

/** Holds a data folder for this process alone. */
export interface DataLock {
  release(): Promise<void>
}

/**
 * Takes the lock file. ALREADY_EXISTS while another platform runs on the folder; a file that a killed one left
 * behind is taken over. A process is told from a later one of the same number by when it started.
 */
export async function lockData(path: string): Promise<DataLock> {
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      const file = await open(path, 'wx', 0o600)
      await file.writeFile(JSON.stringify({ pid: process.pid, started: await startTime(process.pid) }))
      await file.close()
      return { release: () => rm(path, { force: true }) }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      await refuseIfAlive(path)
      await rm(path, { force: true })
    }
  }
  throw new PlatformError(
    'ALREADY_EXISTS',
    `the lock ${path} is taken again and again: is another zimki starting?`,
  )
}

async function refuseIfAlive(path: string): Promise<void> {
  const holder = parse(await readFile(path, 'utf8').catch(() => ''))
  if (!holder || holder.started === null || (await startTime(holder.pid)) !== holder.started) return
  throw new PlatformError(
    'ALREADY_EXISTS',
    `another zimki (process ${holder.pid}) runs on this data folder: stop it, or choose another folder with --data`,
  )
}

function parse(text: string): { pid: number; started: string | null } | null {
  try {
    const { pid, started } = JSON.parse(text) as { pid: number; started: string | null }
    return Number.isInteger(pid) ? { pid, started } : null
  } catch {
    return null
  }
}

/** The kernel's start time of a process, or null when there is none, or it has ended and only waits to be reaped. */
async function startTime(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null)
  } catch {
    return processAlive(pid) ? 'unknown' : null
  }
}

function processAlive(pid: number): boolean {
  if (process.platform === 'linux') return false
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
