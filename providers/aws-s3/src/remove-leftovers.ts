import type { Bucket } from './bucket.ts'
import { abortUpload, unfinishedUploads } from './multipart.ts'
import type { ObjectKeys } from './object-keys.ts'

const MAX_PROBES = 1_000

/** What a process that was killed left: no upload of this prefix can be finished by anybody any more. */
export async function removeLeftovers(bucket: Bucket, keys: ObjectKeys): Promise<void> {
  for (const prefix of [keys.blobs, keys.probe]) {
    for await (const upload of unfinishedUploads(bucket, prefix)) await abortUpload(bucket, upload)
  }
  for (const key of await bucket.list(keys.probe, '', MAX_PROBES)) await bucket.delete(key)
}
