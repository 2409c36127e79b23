import { chmod, readFile, rename, writeFile } from 'node:fs/promises'
import type { Operator } from '@openzimki/control'
import { PlatformError } from '@openzimki/core'
import type { DataDirectory } from './data-directory.ts'

/** What other commands find the platform by. */
export interface OperatorFile {
  url: string
  account: string
  token: string
}

/**
 * Writes `operator.json` (mode 0600) with the address of this start. The token is the one of the first start; when the file
 * was lost, a new one is made.
 */
export async function writeOperatorFile(
  data: DataDirectory,
  url: string,
  first: Operator | null,
  renew: () => Promise<Operator | null>,
): Promise<OperatorFile> {
  const known = first ?? (await readKnown(data.operatorFile)) ?? (await renew())
  if (!known)
    throw new PlatformError('INTERNAL', 'there is no operator account; the control database is damaged')
  const file: OperatorFile = { url, account: known.account, token: known.token }
  const temporary = `${data.operatorFile}.tmp`
  await writeFile(temporary, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 })
  await chmod(temporary, 0o600)
  await rename(temporary, data.operatorFile)
  return file
}

async function readKnown(path: string): Promise<Operator | null> {
  try {
    const { account, token } = JSON.parse(await readFile(path, 'utf8')) as Partial<OperatorFile>
    return account && token ? { account, token } : null
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return null
    throw error
  }
}
