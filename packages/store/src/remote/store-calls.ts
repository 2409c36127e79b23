import type { BlobRef } from '../blob-refs.ts'
import type { BatchResult, JournalEntry, Operation, Query, StoredObject, Terms } from '../contract.ts'

/** What every call carries. */
export interface Opened {
  capability: string
}

interface InRealm extends Opened {
  realm: string
}

/** Calls over the link to the store: method to [params, result]. */
export interface StoreCalls {
  'objects.listClasses': [InRealm, string[]]
  'objects.get': [InRealm & { className: string; id: string }, StoredObject | null]
  /** Null: the objects follow as the raw body, one JSON text a line. */
  'objects.search': [InRealm & { className: string; query: Query }, StoredObject[] | null]
  'objects.count': [InRealm & { className: string; terms: Terms }, number]
  'objects.batch': [InRealm & { epoch: number; operations: Operation[] }, BatchResult]
  'objects.journal': [InRealm & { afterSequence: number; limit?: number }, JournalEntry[]]
  'objects.trimJournal': [InRealm & { beforeSequence: number }, null]
  'objects.epoch': [InRealm, number]
  'objects.advanceEpoch': [InRealm & { expected: number }, number]
  'objects.copyRealm': [InRealm & { to: string }, null]
  'objects.deleteRealm': [InRealm, null]
  'objects.usage': [InRealm, { objects: number; bytes: number }]
  'objects.sweep': [Opened & { limit?: number }, number]
  /** Content as the raw body. A cell's realm holds the blob when this resolves. */
  'blobs.put': [Opened & { digest?: string; maxBytes?: number }, { digest: string; size: number }]
  /** Content follows as the raw body. */
  'blobs.get': [Opened & { digest: string; start?: number; end?: number }, null]
  'blobs.stat': [Opened & { digest: string }, { size: number; storedAtMs: number } | null]
  'blobs.delete': [Opened & { digest: string; unlessStoredSinceMs?: number }, boolean]
  'blobs.list': [Opened & { after?: string; limit?: number }, string[]]
  'refs.add': [InRealm & { digest: string; size: number }, null]
  'refs.has': [InRealm & { digest: string }, boolean]
  'refs.remove': [InRealm & { digest: string }, null]
  'refs.list': [InRealm & { after?: string; limit?: number }, BlobRef[]]
  'refs.bytes': [InRealm, number]
  'refs.isHeld': [Opened & { digest: string }, boolean]
}
