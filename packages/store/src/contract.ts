import type { Json } from '@openzimki/core'

/**
 * The object store. Every call names its realm; nothing crosses realms but copyRealm.
 * Reads see every write acknowledged before them. Errors: INVALID_ARGUMENT (bad name, unknown clause, too long),
 * NOT_FOUND (class missing), ALREADY_EXISTS, CONFLICT (a condition did not hold; nothing of the batch was done),
 * FENCED (older epoch), TOO_LARGE, UNAVAILABLE.
 */
export interface ObjectStore {
  /** Names in order of their code points; none for a realm never seen. */
  listClasses(realm: string): Promise<string[]>
  /** The object, or null. An expired object is gone from every read. */
  get(realm: string, className: string, id: string): Promise<StoredObject | null>
  /**
   * In the order asked for, then in the order of creation (newest first where the first key is descending, so `-field`
   * is the reverse of `field`). Objects that lack a field of the order come last in both directions. Text orders by Unicode
   * code point, by its first 128 characters. Without perPage: all, up to `maxBytes` of data, beyond which TOO_LARGE.
   */
  search(realm: string, className: string, query: Query): Promise<StoredObject[]>
  /** How many objects `search` would find with these terms and no page. */
  count(realm: string, className: string, terms: Terms): Promise<number>
  /**
   * All or nothing, on disk before it resolves. One journal entry a batch; each operation sees those before it, and an empty
   * batch only tells the sequence. `epoch` is what the writer believes: an older one than the realm's is FENCED (`details.epoch` is
   * the realm's), one that is not yet INVALID_ARGUMENT. CONFLICT says in `details.version` where the object is, 0 for none.
   * TOO_LARGE beyond what bounds.ts allows of operations, bytes and classes.
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
  /** Moves the epoch on by one and gives the new one, which fences all who write with the old; CONFLICT when it is not `expected`. */
  advanceEpoch(realm: string, expected: number): Promise<number>
  /** Copies classes and objects into a realm that has none (else ALREADY_EXISTS), as they are when it resolves. */
  copyRealm(from: string, to: string): Promise<void>
  /** Removes all of a realm, journal included. No error when there is nothing. */
  deleteRealm(realm: string): Promise<void>
  /** Bytes of JSON that the realm's objects hold, and their number, from sums that each batch maintains. Zeros for a realm never seen. */
  usage(realm: string): Promise<{ objects: number; bytes: number }>
  /** Removes what has expired by now, and the rows of deleted classes and realms; the number of expired ones removed. */
  sweep(limit?: number): Promise<number>
  /** Every call after it is UNAVAILABLE. May be called again. */
  close(): Promise<void>
}

/** An object as it was when it was read; it does not follow later writes. */
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

/** Which objects, in which order, and which stretch of them. INVALID_ARGUMENT for what cannot be, or is more than bounds.ts allows. */
export interface Query {
  /** Default: every object of the class. */
  terms?: Terms
  /** `field`, `-field`, each with an optional `:numeric`. */
  orderBy?: string[]
  /** From 1. Needs perPage. */
  page?: number
  /** Objects on a page; a page beyond the end is empty. */
  perPage?: number
  /** Bytes of JSON of all that is found together; default 64 MiB. */
  maxBytes?: number
}

/** One write of a batch. NOT_FOUND when its class is missing, and with that nothing of the batch is done. */
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

/** What a batch did. */
export interface BatchResult {
  /** Sequence of the realm's journal after this batch. */
  sequence: number
  /** One for each operation: the stored object's head for a put, null else. */
  results: ({ id: string; version: number; createdAt: string } | null)[]
}

/** What one batch did, or one sweep of what has expired: enough to do the same elsewhere. */
export interface JournalEntry {
  /** From 1, without gaps, also over a change of the epoch. */
  sequence: number
  /** The realm's at that time. */
  epoch: number
  /** Milliseconds since 1970. */
  timeMs: number
  operations: Operation[]
}

/** Immutable bytes by their SHA-256, 64 digits of lower-case hex; INVALID_ARGUMENT for another text, in every call. */
export interface BlobStore {
  /**
   * Streams in, in bounded memory; durable before it resolves. With `digest`: INVALID_ARGUMENT when the content differs,
   * and nothing is kept. TOO_LARGE beyond maxBytes (bytes). Storing what is there already is no error. When `content` throws, so does
   * this, and nothing is kept.
   */
  put(
    content: AsyncIterable<Uint8Array>,
    options?: { digest?: string; maxBytes?: number },
  ): Promise<{ digest: string; size: number }>
  /**
   * Streams out; whoever reads may leave early. `end` is exclusive and may lie beyond the content. NOT_FOUND; INVALID_ARGUMENT
   * for a range that is none.
   */
  get(digest: string, range?: { start?: number; end?: number }): Promise<AsyncIterable<Uint8Array>>
  /** Size in bytes and the time of the last put, in milliseconds since 1970; null when not there. */
  stat(digest: string): Promise<{ size: number; storedAtMs: number } | null>
  /** No error when gone. With `unlessStoredSinceMs`: only when the last put was before; whether it was deleted. */
  delete(digest: string, options?: { unlessStoredSinceMs?: number }): Promise<boolean>
  /** Digests in order after `after`, at most `limit` (default 1000). */
  list(options?: { after?: string; limit?: number }): Promise<string[]>
  close(): Promise<void>
}
