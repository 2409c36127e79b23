import { readFile, rename, writeFile } from 'node:fs/promises'
import { PlatformError } from '@openzimki/core'
import type { Ec2Config } from '../config.ts'

/** What stands in it; `{}` when it is not there. INVALID_ARGUMENT: it is something else. */
export async function readSettings(path: string): Promise<Record<string, unknown>> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw unusable(path, (cause as Error).message, cause)
  }
  try {
    const found: unknown = JSON.parse(text)
    if (typeof found === 'object' && found !== null && !Array.isArray(found)) return { ...found }
  } catch (cause) {
    throw unusable(path, 'it is there and no JSON', cause)
  }
  throw unusable(path, 'it is there and no JSON object')
}

/** Replaces ours and keeps what else the operator wrote. Only the owner may read it: settings may have credentials. */
export async function writeSettings(path: string, settings: Partial<Ec2Config>): Promise<void> {
  const { owner: _, ...all } = { ...(await readSettings(path)), ...settings } as Record<string, unknown>
  const unfinished = `${path}.${process.pid}`
  await writeFile(unfinished, `${JSON.stringify(all, null, 2)}\n`, { mode: 0o600 })
  await rename(unfinished, path)
}

const unusable = (path: string, why: string, cause?: unknown) =>
  new PlatformError(
    'INVALID_ARGUMENT',
    `aws setup: ${path} cannot hold the settings: ${why}; name another with --out`,
    {
      cause,
    },
  )
