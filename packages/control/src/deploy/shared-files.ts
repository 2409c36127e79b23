import { type Artifact, PlatformError } from '@openzimki/core'
import type { BlobStore, ObjectStore, Operation } from '@openzimki/store'
import { SHARED_CLASS, SHARED_REALM, sharedId } from '@openzimki/store'

/** Larger files are no libraries. */
const MAX_SHARED_BYTES = 1024 * 1024

export interface SharingRealm {
  id: string
  /** All of its aliases: a program may require by any of them. */
  aliases: string[]
}

/**
 * Keeps what a realm shares where every cell finds it (`zimki.library.require(realm, file)`): puts what its live deployment
 * marks as shared, and takes away what it does not any more. The artifact has passed `checkShared`.
 */
export async function publishShared(
  stores: { objects: ObjectStore; blobs?: BlobStore },
  realm: SharingRealm,
  artifact: Pick<Artifact, 'shared' | 'scripts' | 'files'> | null,
): Promise<void> {
  const { objects } = stores
  const wanted = new Map<string, Operation>()
  for (const file of artifact?.shared ?? []) {
    const source = await sourceOf(stores.blobs!, artifact!, file)
    for (const alias of realm.aliases) {
      const id = sharedId(alias, file)
      wanted.set(id, {
        op: 'put',
        className: SHARED_CLASS,
        id,
        data: { realm: realm.id, alias, file, source },
      })
    }
  }
  const there = await objects
    .search(SHARED_REALM, SHARED_CLASS, { terms: { realm: realm.id } })
    .catch(noneYet)
  const gone = there.filter(({ id }) => !wanted.has(id)).map(({ id }) => remove(id))
  const operations = [...gone, ...wanted.values()]
  if (operations.length === 0) return
  const makeClass: Operation = { op: 'createClass', className: SHARED_CLASS, ifMissing: true }
  await objects.batch(SHARED_REALM, await objects.epoch(SHARED_REALM), [makeClass, ...operations])
}

const remove = (id: string): Operation => ({ op: 'delete', className: SHARED_CLASS, id })

/** Before anything goes live: every name under "shared" is there. SCRIPT_ERROR, TOO_LARGE. */
export function checkShared({
  shared,
  scripts,
  files,
}: Pick<Artifact, 'shared' | 'scripts' | 'files'>): void {
  for (const name of shared) {
    if (scripts.some((script) => script.name === name)) continue
    const file = files.find((candidate) => candidate.path === name)
    if (!file) {
      const message = `realm.json shares "${name}", which is no script and no file of the realm: correct "shared"`
      throw new PlatformError('SCRIPT_ERROR', message, { details: { file: 'realm.json' } })
    }
    if (file.size > MAX_SHARED_BYTES) {
      const message = `"${name}" has ${file.size} bytes; a shared file has at most ${MAX_SHARED_BYTES}`
      throw new PlatformError('TOO_LARGE', message)
    }
  }
}

async function sourceOf(
  blobs: BlobStore,
  { scripts, files }: Pick<Artifact, 'scripts' | 'files'>,
  name: string,
): Promise<string> {
  const script = scripts.find((candidate) => candidate.name === name)
  if (script) return script.source
  const { digest } = files.find((candidate) => candidate.path === name)!
  const parts: Uint8Array[] = []
  for await (const chunk of await blobs.get(digest)) parts.push(chunk)
  return Buffer.concat(parts).toString('utf8')
}

function noneYet(error: unknown): [] {
  if (error instanceof PlatformError && error.code === 'NOT_FOUND') return []
  throw error
}
