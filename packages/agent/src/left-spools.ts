import { constants } from 'node:fs'
import { lstat, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { LogBatch, UsageWindow } from '@openzimki/core'
import { SPOOL_KINDS, SPOOL_MAX_BYTES, spoolDir } from './machine-spools.ts'
import { parseLines } from './spool-lines.ts'

/** Agents that may each have left a full spool. */
const MAX_FILES = 64

/** What the agents of a machine that is gone could not ship; see LeftBehind of control. */
export interface LeftSpools {
  windows(): AsyncIterable<UsageWindow>
  logs(): AsyncIterable<LogBatch>
  /** Removes these folders of the machine. May be repeated. */
  forget(): Promise<void>
}

/**
 * Reads the state folder of a machine that has been destroyed, where it is on a disk of ours. No folder: nothing is left. The machine may
 * have been hostile: what is no plain file in a plain folder, or larger than an agent would make it, is left alone.
 */
export function leftSpools(stateDir: string, runDir: string): LeftSpools {
  return {
    windows: () => readAll(stateDir, SPOOL_KINDS.usage),
    logs: () => readAll(stateDir, SPOOL_KINDS.logs),
    forget: async () => {
      for (const folder of [stateDir, runDir]) await rm(folder, { recursive: true, force: true })
    },
  }
}

async function* readAll<T>(
  stateDir: string,
  { suffix, parse }: { suffix: string; parse(value: unknown): T },
): AsyncIterable<T> {
  const dir = spoolDir(stateDir)
  if (!(await isFolder(stateDir)) || !(await isFolder(dir))) return
  const names = (await readdir(dir)).filter((name) => name.endsWith(suffix))
  for (const name of names.slice(0, MAX_FILES)) yield* parseLines(await readPlain(join(dir, name)), parse)
}

/** Not a link to one. */
async function isFolder(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isDirectory()
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw thrown
  }
}

/** Empty for a link, a pipe, a device, or what is too large. */
async function readPlain(path: string): Promise<string> {
  const isOther = (await lstat(path)).isFile() === false
  if (isOther) return ''
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const { size } = await file.stat()
    return size <= SPOOL_MAX_BYTES ? await file.readFile('utf8') : ''
  } finally {
    await file.close()
  }
}
