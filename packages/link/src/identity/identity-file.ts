import { chmod, mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { formatIdentity, generateIdentity, type Identity, parseIdentity } from './identity.ts'

/**
 * The identity in a file, made when there is none: mode 0600, whole and on disk before anybody can hear of it. Others pin its public
 * half, so it must be kept as long as they are to know this side again. INVALID_ARGUMENT: the file holds no identity.
 */
export async function openIdentityFile(path: string): Promise<Identity> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  try {
    const identity = parseIdentity(await readFile(path, 'utf8'))
    await chmod(path, 0o600)
    return identity
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown
  }
  const identity = generateIdentity()
  const fresh = `${path}.new`
  const file = await open(fresh, 'w', 0o600)
  try {
    await file.writeFile(formatIdentity(identity))
    await file.datasync()
  } finally {
    await file.close()
  }
  await rename(fresh, path)
  return identity
}
