import { PlatformError } from '@openzimki/core'
import { type RpcContext, type RpcHandlers, rawResult } from '@openzimki/link'
import { noBlob } from '../blob-arguments.ts'
import type { BlobRefs } from '../blob-refs.ts'
import type { Capability } from '../capability.ts'
import type { BlobStore, ObjectStore } from '../contract.ts'
import { checkParams } from './call-shapes.ts'
import type { Doorkeeper } from './doorkeeper.ts'
import type { Gate } from './gate.ts'
import { searchHandler } from './search-handler.ts'
import type { StoreCalls } from './store-calls.ts'

export interface ServedStore {
  objects: ObjectStore
  blobs: BlobStore
  refs: BlobRefs
}

type Handlers = RpcHandlers<StoreCalls>
type Params<M extends keyof StoreCalls> = StoreCalls[M][0]

/** The handler of a call, once its params are checked and its capability allows it. */
type Guard = <M extends keyof StoreCalls, R>(
  method: M,
  handle: (params: Params<M>, capability: Capability, context: RpcContext) => R,
) => (params: Params<M>, context: RpcContext) => R

export function storeHandlers(store: ServedStore, door: Doorkeeper, large: Gate): Handlers {
  const guard: Guard = (method, handle) => (given, context) => {
    const params = checkParams(method, given)
    return handle(params, door.open(method, params.capability, realmsOf(params)), context)
  }
  return {
    ...objectHandlers(store, guard, large),
    ...realmHandlers(store, guard),
    ...blobHandlers(store, guard),
    ...refHandlers(store, guard),
  }
}

function realmsOf(params: object): string[] {
  const { realm, to } = params as { realm?: string; to?: string }
  return [realm, to].filter((name) => name !== undefined)
}

function objectHandlers({ objects }: ServedStore, guard: Guard, large: Gate) {
  return {
    'objects.listClasses': guard('objects.listClasses', ({ realm }) => objects.listClasses(realm)),
    'objects.get': guard('objects.get', ({ realm, className, id }) => objects.get(realm, className, id)),
    'objects.search': guard('objects.search', searchHandler(objects, large)),
    'objects.count': guard('objects.count', ({ realm, className, terms }) =>
      objects.count(realm, className, terms),
    ),
    'objects.batch': guard('objects.batch', ({ realm, epoch, operations }, capability) =>
      // A cell writes with the epoch it was let in with: a stale one is fenced, whatever it claims.
      objects.batch(realm, capability.role === 'cell' ? capability.epoch : epoch, operations),
    ),
    'objects.journal': guard('objects.journal', ({ realm, afterSequence, limit }) =>
      objects.journal(realm, afterSequence, limit),
    ),
    'objects.epoch': guard('objects.epoch', ({ realm }) => objects.epoch(realm)),
    'objects.usage': guard('objects.usage', ({ realm }) => objects.usage(realm)),
  } satisfies Partial<Handlers>
}

function realmHandlers({ objects }: ServedStore, guard: Guard) {
  return {
    'objects.trimJournal': guard('objects.trimJournal', async ({ realm, beforeSequence }) => {
      await objects.trimJournal(realm, beforeSequence)
      return null
    }),
    'objects.advanceEpoch': guard('objects.advanceEpoch', ({ realm, expected }) =>
      objects.advanceEpoch(realm, expected),
    ),
    'objects.copyRealm': guard('objects.copyRealm', async ({ realm, to }) => {
      await objects.copyRealm(realm, to)
      return null
    }),
    'objects.deleteRealm': guard('objects.deleteRealm', async ({ realm }) => {
      await objects.deleteRealm(realm)
      return null
    }),
    'objects.sweep': guard('objects.sweep', ({ limit }) => objects.sweep(limit)),
  } satisfies Partial<Handlers>
}

function blobHandlers({ blobs, refs }: ServedStore, guard: Guard) {
  return {
    'blobs.put': guard('blobs.put', async ({ digest, maxBytes }, capability, context) => {
      const stored = await blobs.put(context.body, { digest, maxBytes })
      if (capability.realm !== '*') await refs.add(capability.realm, stored.digest, stored.size)
      return stored
    }),
    'blobs.get': guard('blobs.get', async ({ digest, start, end }, capability) => {
      if (!(await mayRead(refs, capability, digest))) throw noBlob(digest)
      return rawResult(null, await blobs.get(digest, { start, end }))
    }),
    'blobs.stat': guard('blobs.stat', async ({ digest }, capability) =>
      (await mayRead(refs, capability, digest)) ? blobs.stat(digest) : null,
    ),
    'blobs.list': guard('blobs.list', async ({ after, limit }, { realm }) =>
      realm === '*'
        ? blobs.list({ after, limit })
        : (await refs.list(realm, { after, limit })).map((ref) => ref.digest),
    ),
    'blobs.delete': guard('blobs.delete', ({ digest, unlessStoredSinceMs }) =>
      blobs.delete(digest, { unlessStoredSinceMs }),
    ),
  } satisfies Partial<Handlers>
}

/** A digest is no secret, so to know it is not enough: the realm must hold the blob. */
const mayRead = async (refs: BlobRefs, { realm }: Capability, digest: string): Promise<boolean> =>
  realm === '*' || (await refs.has(realm, digest))

function refHandlers({ refs }: ServedStore, guard: Guard) {
  return {
    'refs.add': guard('refs.add', async ({ realm, digest, size }, capability) => {
      // Else a cell could hold, and then read, any blob of which it knows the digest.
      if (capability.role === 'cell' && !(await refs.has(realm, digest))) {
        throw new PlatformError('PERMISSION_DENIED', 'a cell comes to hold a blob by putting it')
      }
      await refs.add(realm, digest, size)
      return null
    }),
    'refs.has': guard('refs.has', ({ realm, digest }) => refs.has(realm, digest)),
    'refs.remove': guard('refs.remove', async ({ realm, digest }) => {
      await refs.remove(realm, digest)
      return null
    }),
    'refs.list': guard('refs.list', ({ realm, after, limit }) => refs.list(realm, { after, limit })),
    'refs.bytes': guard('refs.bytes', ({ realm }) => refs.bytes(realm)),
    'refs.isHeld': guard('refs.isHeld', ({ digest }) => refs.isHeld(digest)),
  } satisfies Partial<Handlers>
}
