import { createHash } from 'node:crypto'
import { PlatformError } from '@openzimki/core'
import type { Bucket } from './bucket.ts'
import { describePlace } from './describe-place.ts'

const MAX_OWNER_BYTES = 200

/**
 * Writes down whose prefix this is, once. CONFLICT when it is another's: each of two installations would take the other's blobs for
 * garbage.
 */
export async function claimPrefix(bucket: Bucket, key: string, owner: string): Promise<void> {
  const body = Buffer.from(owner)
  const sha256 = createHash('sha256').update(body).digest('hex')
  if (await bucket.putNew(key, body, sha256, {})) return
  const found = await readOwner(bucket, key)
  if (found === owner) return
  throw new PlatformError(
    'CONFLICT',
    `${describePlace(bucket.name, key)} says that this place belongs to another installation (${found}): give each a prefix of its own. If that one is gone for good and this one takes its place, delete that object and start again`,
  )
}

async function readOwner(bucket: Bucket, key: string): Promise<string> {
  const body = await bucket.get(key)
  let text = ''
  if (body) for await (const part of body.stream) text = `${text}${part}`.slice(0, MAX_OWNER_BYTES)
  return text
}
