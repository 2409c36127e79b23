import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { PlatformError } from '@openzimki/core'
import type { CliIo } from './io.ts'
import { withProgress } from './progress.ts'

/**
 * Makes a folder of `files`, by their paths in it. Nothing of the user's is ever written over: ALREADY_EXISTS, naming `again` as what to
 * type instead, when something is in it; INVALID_ARGUMENT when it is no folder.
 */
export async function writeNewFolder(
  io: CliIo,
  folder: string,
  files: Readonly<Record<string, string>>,
  again: string,
): Promise<void> {
  await withProgress(io, `Writing ${folder}`, async () => {
    await checkEmpty(folder, again)
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), content, { flag: 'wx' })
    }
  })
}

async function checkEmpty(folder: string, again: string): Promise<void> {
  const entries = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return []
    throw new PlatformError('INVALID_ARGUMENT', `${folder} cannot be used: ${cause.message}`, { cause })
  })
  if (entries.every((entry) => entry.startsWith('.'))) return
  throw new PlatformError('ALREADY_EXISTS', `${folder} is not empty. Name a new folder: ${again}`)
}
