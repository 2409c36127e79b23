import { type Clock, isUuid, PlatformError } from '@openzimki/core'
import { BOUNDS } from '../bounds.ts'
import type {
  BatchResult,
  JournalEntry,
  ObjectStore,
  Operation,
  Query,
  StoredObject,
  Terms,
} from '../contract.ts'
import type { Database } from '../sql/database.ts'
import { one, type Task } from '../sql/task.ts'
import { sharing } from '../sql/work.ts'
import { parseTerms } from '../terms/term.ts'
import { AccessCounts } from './access-counts.ts'
import { applyBatch } from './apply-batch.ts'
import { listClasses, requireClass, usage } from './catalogue.ts'
import { checkQuery } from './check-query.ts'
import { copyRealm } from './copy-realm.ts'
import { count } from './count.ts'
import { readJournal, trimJournal } from './journal.ts'
import { isExpired, type ObjectRow, toStoredObject } from './object-row.ts'
import { checkClassName, checkRealm, prepareBatch } from './prepare-batch.ts'
import { advanceEpoch, deleteRealm, readEpoch } from './realm.ts'
import { search } from './search.ts'
import { findExpired, purgeSlice, removeExpired, SWEEP_SLICE } from './sweep.ts'
import { Writing } from './writing.ts'

/** Lane of what is done for no realm. */
const HOUSEKEEPING = ''

/** The object store over a database: checks what comes in, and hands tasks on. */
export class SqlObjectStore implements ObjectStore {
  readonly #database: Database
  readonly #clock: Clock
  readonly #counts: AccessCounts

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
    this.#counts = new AccessCounts(clock)
  }

  async listClasses(realm: string): Promise<string[]> {
    checkRealm(realm)
    return this.#database.read(realm, () => listClasses(realm))
  }

  async get(realm: string, className: string, id: string): Promise<StoredObject | null> {
    checkNames(realm, className)
    if (typeof id !== 'string') throw new PlatformError('INVALID_ARGUMENT', 'the id of an object is text')
    if (!isUuid(id)) return this.#database.read(realm, () => nothing(realm, className))
    return this.#database.read(realm, () => getObject(realm, className, id, this.#clock.nowMs()))
  }

  async search(realm: string, className: string, query: Query): Promise<StoredObject[]> {
    checkNames(realm, className)
    const checked = checkQuery(query)
    return this.#database.read(realm, () =>
      search(realm, className, checked, this.#clock.nowMs(), this.#counts),
    )
  }

  async count(realm: string, className: string, terms: Terms): Promise<number> {
    checkNames(realm, className)
    const parsed = parseTerms(terms)
    return this.#database.read(realm, () =>
      count(realm, className, parsed, this.#clock.nowMs(), this.#counts),
    )
  }

  async batch(realm: string, epoch: number, operations: Operation[]): Promise<BatchResult> {
    checkRealm(realm)
    checkWhole(epoch, 'an epoch')
    const prepared = prepareBatch(operations)
    const work = sharing(
      () => new Writing(realm),
      (writing) => applyBatch(writing, epoch, prepared, this.#clock.nowMs()),
    )
    return this.#database.write(realm, work)
  }

  async journal(
    realm: string,
    afterSequence: number,
    limit: number = BOUNDS.journalEntries,
  ): Promise<JournalEntry[]> {
    checkRealm(realm)
    checkWhole(afterSequence, 'a sequence')
    checkWhole(limit, 'a limit')
    return this.#database.read(realm, () =>
      readJournal(realm, afterSequence, Math.min(limit, BOUNDS.journalEntries)),
    )
  }

  async trimJournal(realm: string, beforeSequence: number): Promise<void> {
    checkRealm(realm)
    checkWhole(beforeSequence, 'a sequence')
    await this.#database.write(realm, () => trimJournal(realm, beforeSequence))
  }

  async epoch(realm: string): Promise<number> {
    checkRealm(realm)
    return this.#database.read(realm, () => readEpoch(realm))
  }

  async advanceEpoch(realm: string, expected: number): Promise<number> {
    checkRealm(realm)
    checkWhole(expected, 'an epoch')
    return this.#database.write(realm, () => advanceEpoch(realm, expected))
  }

  async copyRealm(from: string, to: string): Promise<void> {
    checkRealm(from)
    checkRealm(to)
    await copyRealm(this.#database, from, to, () => this.#clock.nowMs())
  }

  async deleteRealm(realm: string): Promise<void> {
    checkRealm(realm)
    await this.#database.write(realm, () => deleteRealm(realm))
  }

  async usage(realm: string): Promise<{ objects: number; bytes: number }> {
    checkRealm(realm)
    return this.#database.read(realm, () => usage(realm))
  }

  /** Also removes the rows of deleted classes and realms, in small transactions between which others get their turn. */
  async sweep(limit = 10_000): Promise<number> {
    checkWhole(limit, 'a limit')
    let swept = 0
    while (swept < limit) {
      const left = limit - swept
      const removed = await this.#sweepSlice(left)
      swept += removed
      if (removed < Math.min(left, SWEEP_SLICE)) break
    }
    for (let slices = 0; slices < limit; slices++) {
      if (!(await this.#database.write(HOUSEKEEPING, purgeSlice))) break
    }
    return swept
  }

  async #sweepSlice(limit: number): Promise<number> {
    const nowMs = this.#clock.nowMs()
    let removed = 0
    for (const [realm, ids] of await this.#database.read(HOUSEKEEPING, () => findExpired(limit, nowMs))) {
      removed += await this.#database.write(realm, () => removeExpired(realm, ids, nowMs))
    }
    return removed
  }

  close(): Promise<void> {
    return this.#database.close()
  }
}

function checkNames(realm: string, className: string): void {
  checkRealm(realm)
  checkClassName(className)
}

function checkWhole(value: number, what: string): void {
  if (Number.isSafeInteger(value) && value >= 0) return
  throw new PlatformError('INVALID_ARGUMENT', `${what} is a whole number from 0`)
}

/** An id that is none finds nothing, but a class that is missing is still said. */
function* nothing(realm: string, className: string): Task<null> {
  yield* requireClass(realm, className)
  return null
}

function* getObject(realm: string, className: string, id: string, nowMs: number): Task<StoredObject | null> {
  const classRow = yield* requireClass(realm, className)
  const row = yield* one<ObjectRow>(
    'select id, uuid, data, bytes, created_at, version, expires_ms from objects where class_id = ? and uuid = ?',
    classRow.id,
    id,
  )
  return !row || isExpired(row, nowMs) ? null : toStoredObject(className, row)
}
