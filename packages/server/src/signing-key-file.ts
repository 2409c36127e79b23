import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SigningKey } from '@openzimki/meter'
import type { DataDirectory } from './data-directory.ts'

/** The provider's key: readings are signed with it. Made at the first start; losing it ends the chain of readings. */
export async function readSigningKey(data: DataDirectory, generate: () => SigningKey): Promise<SigningKey> {
  const path = join(data.root, 'provider-key.json')
  try {
    return JSON.parse(await readFile(path, 'utf8')) as SigningKey
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    const key = generate()
    await writeFile(path, `${JSON.stringify(key, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
    return key
  }
}
