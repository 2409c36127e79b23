import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { PlatformError } from '@openzimki/core'
import { z } from 'zod'
import type { CliIo } from './io.ts'

/** A server and the token for it. */
export interface Credentials {
  url: string
  token: string
}

const credentials = z.object({ url: z.url({ protocol: /^https?$/ }), token: z.string().min(1) })

/** Where `zimki login` keeps what it was told. */
export function configPath(io: Pick<CliIo, 'env' | 'home'>): string {
  return join(io.env.XDG_CONFIG_HOME || join(io.home, '.config'), 'zimki', 'config.json')
}

/** Credentials in a file; undefined when there is no such file. Errors: INVALID_ARGUMENT when it holds something else. */
export async function readCredentials(path: string): Promise<Credentials | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
    throw new PlatformError('INVALID_ARGUMENT', `${path} cannot be read: ${error.message}`, { cause: error })
  })
  if (text === undefined) return undefined
  const parsed = credentials.safeParse(parseJson(text))
  if (parsed.success) return parsed.data
  throw new PlatformError(
    'INVALID_ARGUMENT',
    `${path} is not { "url", "token" }. Write it anew with "zimki login".`,
  )
}

/** Replaces the file in one step, readable by its owner alone. */
export async function writeCredentials(path: string, value: Credentials): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const temporary = `${path}.${process.pid}.new`
  await writeFile(temporary, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
  await rename(temporary, path)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
