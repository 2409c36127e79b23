import type { Json } from '@openzimki/core'

/**
 * The object store. Every call names its realm; nothing crosses realms but copyRealm.
 * Reads see every write acknowledged before them. Errors: INVALID_ARGUMENT (bad name, unknown clause, too long),
 * NOT_FOUND (class missing), ALREADY_EXISTS, CONFLICT (a condition did not hold; nothing of the batch was done),
 * FENCED (older epoch), TOO_LARGE, UNAVAILABLE.
 */
export interface ObjectStore {
  /** Names in order. */
  listClasses(realm: string): Promise<string[]>
  /** The object, or null. An expired object is gone from every read. */
  get(realm: string, className: string, id: string): Promise<StoredObject | null>
  /**
   * In the order asked for, then in the order of creation (newest first where the first key is descending, so `-field`
   * is the reverse of `field`). Objects that lack a field of the order come last in both directions. Text orders by Unicode
   * code point, by its first 128 characters. Without perPage: all, up to `maxBytes` of data, beyond which TOO_LARGE.
   */
  search(realm: string, className: string, query: Query): Promise<StoredObject[]>
  count(realm: string, className: string, terms: Terms): Promise<number>
  /**
   * All or nothing, on disk before it resolves. One journal entry a batch.
   * `epoch` is what the writer believes; an older one than the realm's is FENCED.
   */
  batch(realm: string, epoch: number, operations: Operation[]): Promise<BatchResult>
  /**
   * Entries after `sequence`, oldest first, at most `limit` (default and most 1000), fewer where they are large; none
   * means that there are none. Conditions (ifVersion) are left out of them: they held.
   */
  journal(realm: string, afterSequence: number, limit?: number): Promise<JournalEntry[]>
  /** Forgets entries before `sequence`; nothing does so by itself. */
  trimJournal(realm: string, beforeSequence: number): Promise<void>
  /** The realm's epoch; 1 for a realm never seen. */
  epoch(realm: string): Promise<number>
  /** Moves the epoch on; CONFLICT when it is not `expected`. */
  advanceEpoch(realm: string, expected: number): Promise<number>
  /** Copies classes and objects into a realm that has none (else ALREADY_EXISTS), as they are when it resolves. */
  copyRealm(from: string, to: string): Promise<void>
  /** Removes all of a realm, journal included. No error when there is nothing. */
  deleteRealm(realm: string): Promise<void>
  /** Bytes of data that the realm's objects hold, and their number. */
  usage(realm: string): Promise<{ objects: number; bytes: number }>
  /** Removes what has expired by now, and the rows of deleted classes and realms; the number of expired ones removed. */
  sweep(limit?: number): Promise<number>
  close(): Promise<void>
}

export interface StoredObject {
  /** UUID. */
  id: string
  className: string
  /** Properties, encoded by core's encodeValue. */
  data: { [property: string]: Json }
  /** ISO 8601, set when first stored. */
  createdAt: string
  /** 1 at creation, one more at each put. */
  version: number
  /** Milliseconds since 1970, or null. */
  expiresAtMs: number | null
}

/**
 * `field` or `field__clause` or `field__clause:numeric` to its operand; all must hold (ZIMKI-API section 3).
 * Equality compares as text, so 3 finds "3". `id` and `creation_date` are fields too.
 */
export type Terms = { [term: string]: Json }

export interface Query {
  terms?: Terms
  /** `field`, `-field`, each with an optional `:numeric`. */
  orderBy?: string[]
  /** From 1. Needs perPage. */
  page?: number
  perPage?: number
  /** Default 64 MiB. */
  maxBytes?: number
}

export type Operation =
  /** Whole-object put. `ifVersion`: 0 = must be new, n = must be at n, absent = either. */
  | {
      op: 'put'
      className: string
      id: string
      data: { [property: string]: Json }
      expiresAtMs?: number | null
      ifVersion?: number
    }
  /** No error when the object is gone already, unless ifVersion is given (then CONFLICT). */
  | { op: 'delete'; className: string; id: string; ifVersion?: number }
  /** ALREADY_EXISTS, unless ifMissing. */
  | { op: 'createClass'; className: string; ifMissing?: boolean }
  /** Its objects too. NOT_FOUND when there is no such class. */
  | { op: 'deleteClass'; className: string }

export interface BatchResult {
  /** Sequence of the realm's journal after this batch. */
  sequence: number
  /** One for each operation: the stored object's head for a put, null else. */
  results: ({ id: string; version: number; createdAt: string } | null)[]
}

export interface JournalEntry {
  sequence: number
  epoch: number
  timeMs: number
  operations: Operation[]
}

/** Immutable bytes by their SHA-256. */
export interface BlobStore {
  /**
   * Streams in, in bounded memory; durable before it resolves. With `digest`: INVALID_ARGUMENT when the content differs,
   * and nothing is kept. TOO_LARGE beyond maxBytes. Storing what is there already is no error.
   */
  put(
    content: AsyncIterable<Uint8Array>,
    options?: { digest?: string; maxBytes?: number },
  ): Promise<{ digest: string; size: number }>
  /** Streams out; `end` is exclusive. NOT_FOUND. */
  get(digest: string, range?: { start?: number; end?: number }): Promise<AsyncIterable<Uint8Array>>
  /** Size in bytes and the time of the last put, in milliseconds since 1970; null when not there. */
  stat(digest: string): Promise<{ size: number; storedAtMs: number } | null>
  /** No error when gone. With `unlessStoredSinceMs`: only when the last put was before; whether it was deleted. */
  delete(digest: string, options?: { unlessStoredSinceMs?: number }): Promise<boolean>
  /** Digests in order after `after`, at most `limit` (default 1000). */
  list(options?: { after?: string; limit?: number }): Promise<string[]>
  close(): Promise<void>
}
