import type { CellLoad } from '@openzimki/core'
import type { BlobStore, ObjectStore } from '@openzimki/store'

type Prefetched = NonNullable<CellLoad['prefetched']>

/** Longer deployments are read by the cell: they would pass through control and agent for nothing. Bytes. */
const LARGEST_BYTES = 64 * 1024
/** A cell waits longer, and says what is wrong. */
const PATIENCE_MS = 1_000

/**
 * What a cell reads from the store when it starts a realm, read while control does what else there is to do: a turn to the store less,
 * which is long where the cell is on another host. Null, and never an error: the cell is to read for itself.
 */
export async function prefetch(
  store: { objects: ObjectStore; blobs: BlobStore },
  realm: string,
  deployment: string,
): Promise<Prefetched | null> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS, null)
  })
  try {
    return await Promise.race([read(store, realm, deployment), late])
  } catch {
    return null
  } finally {
    clearTimeout(timer)
  }
}

async function read(
  { objects, blobs }: { objects: ObjectStore; blobs: BlobStore },
  realm: string,
  deployment: string,
): Promise<Prefetched | null> {
  const [artifact, classes] = await Promise.all([readShort(blobs, deployment), objects.listClasses(realm)])
  return artifact === null ? null : { artifact, classes }
}

async function readShort(blobs: BlobStore, digest: string): Promise<string | null> {
  const parts: Uint8Array[] = []
  for await (const part of await blobs.get(digest, { end: LARGEST_BYTES + 1 })) parts.push(part)
  const bytes = Buffer.concat(parts)
  return bytes.length > LARGEST_BYTES ? null : bytes.toString('utf8')
}
