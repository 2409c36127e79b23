import type { Clock } from '@openzimki/core'
import type { BlobRefs } from './blob-refs.ts'
import type { BlobStore } from './contract.ts'

/**
 * Deletes blobs that no realm holds and that were not put in the last `graceMs`; gives their number. `graceMs` must be longer than
 * anything takes from putting a blob to holding it. Who holds a blob without putting it must hold first, and then look that it is there.
 */
export async function collectGarbage(options: {
  blobs: BlobStore
  refs: BlobRefs
  clock: Clock
  graceMs: number
}): Promise<number> {
  const { blobs, refs, clock, graceMs } = options
  let deleted = 0
  let after = ''
  for (;;) {
    const digests = await blobs.list({ after })
    for (const digest of digests) {
      if (await refs.isHeld(digest)) continue
      if (await blobs.delete(digest, { unlessStoredSinceMs: clock.nowMs() - graceMs })) deleted += 1
    }
    const last = digests[digests.length - 1]
    if (last === undefined) return deleted
    after = last
  }
}
