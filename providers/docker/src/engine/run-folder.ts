import { mkdir, rm, rmdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { PlatformError } from '@openzimki/core'
import type { MachineSpec } from '@openzimki/provider'
import type { CheckedDockerConfig } from '../config.ts'

/** Where the agent is told to keep its sockets and its spool. */
export const RUN_DIR_VARIABLE = 'ZIMKI_AGENT_RUN_DIR'

const FOLDER_NAME = /^[a-z0-9](?:[a-z0-9-]{0,62})$/

/**
 * The folder of the host that this machine shares; null: none. It must lie right in the configured run folder and not be the
 * platform's own sockets, so no environment, wherever it came from, opens anything else of the host. INVALID_ARGUMENT.
 */
export function runFolderOf({ sockets }: CheckedDockerConfig, env: MachineSpec['env']): string | null {
  const path = env[RUN_DIR_VARIABLE]
  if (!sockets || path === undefined) return null
  const isChild = dirname(path) === sockets.runDir && FOLDER_NAME.test(basename(path)) && join(path) === path
  if (isChild && path !== sockets.doorsDir) return path
  throw new PlatformError(
    'INVALID_ARGUMENT',
    `docker provider: ${RUN_DIR_VARIABLE} must name a folder right in ${sockets.runDir}, of lower-case letters, digits and hyphens`,
  )
}

export async function makeRunFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
}

/** What an agent could not ship (its spool) stays for whoever may; all else goes. */
export async function removeRunFolder(path: string): Promise<void> {
  for (const name of ['s', 'empty']) await rm(join(path, name), { recursive: true, force: true })
  for (const folder of [join(path, 'spool'), path]) await removeEmpty(folder)
}

async function removeEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder)
  } catch (thrown) {
    const code = (thrown as NodeJS.ErrnoException).code
    if (code !== 'ENOTEMPTY' && code !== 'ENOENT') throw thrown
  }
}
