import type { Link } from '@openzimki/link'
import type { BlobRef, BlobRefs } from '../blob-refs.ts'
import type { BlobStore, JournalEntry, ObjectStore, StoredObject } from '../contract.ts'
import { readObjectLines } from './object-lines.ts'
import { StoreConnection } from './store-connection.ts'
import type { StoreLink } from './store-link.ts'

export interface RemoteStore {
  objects: ObjectStore
  blobs: BlobStore
  refs: BlobRefs
  /** Ends the connection; the store goes on. The same as `objects.close()` and `blobs.close()`. */
  close(): Promise<void>
}

/**
 * A store on the other side of a link, under the same contracts. Connects at the first call, and again whenever the link is lost
 * (not when a link is given). `capability` may be a function, so that it can be renewed. Beside the contracts' errors:
 * UNAUTHENTICATED, PERMISSION_DENIED, UNAVAILABLE; and TOO_LARGE for a batch beyond the link's bound.
 */
export function connectStore(
  target: string | Link | StoreLink,
  capability: string | (() => string),
): RemoteStore {
  const connection = new StoreConnection(target, capability)
  return {
    objects: remoteObjects(connection),
    blobs: remoteBlobs(connection),
    refs: remoteRefs(connection),
    close: () => connection.close(),
  }
}

function remoteObjects(at: StoreConnection): ObjectStore {
  return {
    listClasses: async (realm) => (await at.read('objects.listClasses', { realm })).result,
    get: async (realm, className, id) => (await at.read('objects.get', { realm, className, id })).result,
    async search(realm, className, query): Promise<StoredObject[]> {
      const { result, body } = await at.read('objects.search', { realm, className, query })
      return result ?? readObjectLines(body)
    },
    count: async (realm, className, terms) =>
      (await at.read('objects.count', { realm, className, terms })).result,
    batch: async (realm, epoch, operations) =>
      (await at.write('objects.batch', { realm, epoch, operations })).result,
    journal: async (realm, afterSequence, limit): Promise<JournalEntry[]> =>
      (await at.read('objects.journal', { realm, afterSequence, limit })).result,
    ...remoteRealms(at),
    close: () => at.close(),
  }
}

function remoteRealms(at: StoreConnection) {
  return {
    async trimJournal(realm: string, beforeSequence: number): Promise<void> {
      await at.write('objects.trimJournal', { realm, beforeSequence })
    },
    epoch: async (realm: string) => (await at.read('objects.epoch', { realm })).result,
    advanceEpoch: async (realm: string, expected: number) =>
      (await at.write('objects.advanceEpoch', { realm, expected })).result,
    async copyRealm(from: string, to: string): Promise<void> {
      await at.write('objects.copyRealm', { realm: from, to })
    },
    async deleteRealm(realm: string): Promise<void> {
      await at.write('objects.deleteRealm', { realm })
    },
    usage: async (realm: string) => (await at.read('objects.usage', { realm })).result,
    sweep: async (limit?: number) => (await at.write('objects.sweep', { limit })).result,
  }
}

function remoteBlobs(at: StoreConnection): BlobStore {
  return {
    put: async (content, options = {}) =>
      (await at.write('blobs.put', { digest: options.digest, maxBytes: options.maxBytes }, content)).result,
    get: async (digest, range = {}) =>
      (await at.read('blobs.get', { digest, start: range.start, end: range.end })).body,
    stat: async (digest) => (await at.read('blobs.stat', { digest })).result,
    delete: async (digest, options = {}) =>
      (await at.write('blobs.delete', { digest, unlessStoredSinceMs: options.unlessStoredSinceMs })).result,
    list: async (options = {}) =>
      (await at.read('blobs.list', { after: options.after, limit: options.limit })).result,
    close: () => at.close(),
  }
}

function remoteRefs(at: StoreConnection): BlobRefs {
  return {
    async add(realm, digest, size): Promise<void> {
      await at.write('refs.add', { realm, digest, size })
    },
    has: async (realm, digest) => (await at.read('refs.has', { realm, digest })).result,
    async remove(realm, digest): Promise<void> {
      await at.write('refs.remove', { realm, digest })
    },
    list: async (realm, options = {}): Promise<BlobRef[]> =>
      (await at.read('refs.list', { realm, after: options.after, limit: options.limit })).result,
    bytes: async (realm) => (await at.read('refs.bytes', { realm })).result,
    isHeld: async (digest) => (await at.read('refs.isHeld', { digest })).result,
  }
}
