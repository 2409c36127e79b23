import { PlatformError } from '@openzimki/core'
import type { JournalEntry, Operation } from '../contract.ts'
import type { Database } from '../sql/database.ts'
import { all, one, type Task } from '../sql/task.ts'
import { removeRow } from './apply-batch.ts'
import { type ClassRow, findClass, findRealm, listClasses, openRealm, type RealmRow } from './catalogue.ts'
import { indexObject } from './index-object.ts'
import { appendJournal, readJournal } from './journal.ts'
import { type ObjectRow, parseData } from './object-row.ts'
import type { PreparedOperation } from './prepare-batch.ts'
import { Writing } from './writing.ts'

/** Objects, and bytes of them, that one transaction copies. */
const SLICE = 200
const SLICE_BYTES = 4 * 1024 * 1024
/** Journal entries that the last transaction may catch up with. */
const LAST_ENTRIES = 50

/**
 * Copies a realm as it is at one moment, the end of the copy, without stopping its writers: slice by slice, then what the
 * journal says was changed meanwhile, and the last of that in one transaction. Version and creation of each object are kept,
 * and the copy's journal tells all of it. A copy that was broken off is incomplete: delete it.
 */
export async function copyRealm(
  database: Database,
  from: string,
  to: string,
  nowMs: () => number,
): Promise<void> {
  let copied = await database.write(to, () => beginCopy(from, to))
  for (const className of await database.read(to, () => listClasses(from))) {
    let after: number | null = 0
    while (after !== null) {
      const start: number = after
      after = await database.write(to, () => copySlice(from, to, className, start, nowMs()))
    }
  }
  for (;;) {
    const since: number = copied
    // Nobody writes the source in this one, so that it is seen as it is at one moment.
    const caughtUp = await database.write(to, () => catchUp(from, to, since, nowMs()), [from])
    if (caughtUp.done) return
    copied = caughtUp.sequence
  }
}

/** The source's sequence from which on its journal is followed. */
function* beginCopy(from: string, to: string): Task<number> {
  const classes = yield* listClasses(to)
  if (from === to || classes.length > 0) {
    throw new PlatformError(
      'ALREADY_EXISTS',
      'a realm can only be copied into one that has no classes; delete that one first',
    )
  }
  yield* openRealm(to)
  return (yield* findRealm(from))?.sequence ?? 0
}

/** Copies the objects after row `after`; gives the row to go on after, or null at the end. */
function* copySlice(
  from: string,
  to: string,
  className: string,
  after: number,
  nowMs: number,
): Task<number | null> {
  const copy = yield* openCopy(from, to)
  const source = copy.source && (yield* findClass(copy.source.id, className))
  if (!source) return null
  const target = yield* ensureClass(copy, className)
  let last = after
  let bytes = 0
  for (let n = 0; n < SLICE && bytes < SLICE_BYTES; n++) {
    const row = yield* one<ObjectRow>(
      `select id, uuid, data, bytes, created_at, version, expires_ms from objects
        where class_id = ? and id > ? order by id limit 1`,
      source.id,
      last,
    )
    if (!row) {
      yield* record(copy, nowMs)
      return null
    }
    yield* putCopy(copy, className, target, row)
    last = row.id
    bytes += row.bytes
  }
  yield* record(copy, nowMs)
  return last
}

interface Copy {
  source: RealmRow | undefined
  writing: Writing
  /** What this transaction does to the target, for its journal. */
  operations: PreparedOperation[]
}

function* openCopy(from: string, to: string): Task<Copy> {
  const source = yield* findRealm(from)
  return { source, writing: new Writing(to), operations: [] }
}

function* record(copy: Copy, nowMs: number): Task<void> {
  if (copy.operations.length > 0) yield* appendJournal(copy.writing, copy.operations, nowMs)
  yield* copy.writing.finish()
}

function* ensureClass(copy: Copy, className: string): Task<ClassRow> {
  const known = yield* copy.writing.findClass(className)
  if (known) return known
  copy.operations.push({ operation: { op: 'createClass', className, ifMissing: true } })
  return yield* copy.writing.createClass(className)
}

function* putCopy(copy: Copy, className: string, target: ClassRow, row: ObjectRow): Task<void> {
  yield* removeCopy(copy, target, row.uuid)
  const made = yield* one<{ id: number }>(
    `insert into objects (class_id, uuid, data, bytes, created_at, version, expires_ms)
      values (?, ?, ?, ?, ?, ?, ?) returning id`,
    target.id,
    row.uuid,
    row.data,
    row.bytes,
    row.created_at,
    row.version,
    row.expires_ms,
  )
  const data = parseData(row.data!)
  yield* indexObject(copy.writing, target.id, made!.id, null, data)
  copy.writing.count(target.id, 1, row.bytes)
  const operation = { op: 'put' as const, className, id: row.uuid, data, expiresAtMs: row.expires_ms }
  copy.operations.push({ operation, json: row.data!, bytes: row.bytes })
}

function* removeCopy(copy: Copy, target: ClassRow, uuid: string): Task<boolean> {
  const [known] = yield* all<ObjectRow>(
    `select id, uuid, data, bytes, created_at, version, expires_ms from objects where class_id = ? and uuid = ?`,
    target.id,
    uuid,
  )
  if (known) yield* removeRow(copy.writing, target, known)
  return known !== undefined
}

/** Does again what was done to the source since; `done` when that was all of it, at the moment of this transaction. */
function* catchUp(
  from: string,
  to: string,
  since: number,
  nowMs: number,
): Task<{ done: boolean; sequence: number }> {
  const copy = yield* openCopy(from, to)
  const entries: JournalEntry[] = yield* readJournal(from, since, LAST_ENTRIES)
  for (const entry of entries) for (const operation of entry.operations) yield* follow(copy, operation)
  yield* record(copy, nowMs)
  const sequence = entries[entries.length - 1]?.sequence ?? since
  return { done: sequence >= (copy.source?.sequence ?? 0), sequence }
}

/** Brings what the operation touched to its present state in the source, whatever became of it afterwards. */
function* follow(copy: Copy, operation: Operation): Task<void> {
  const { className } = operation
  if (operation.op === 'deleteClass') {
    if (yield* copy.writing.deleteClass(className)) {
      copy.operations.push({ operation: { op: 'deleteClass', className } })
    }
    return
  }
  const source = copy.source && (yield* findClass(copy.source.id, className))
  if (!source) return
  const fresh = yield* ensureClass(copy, className)
  if (operation.op === 'createClass') return
  const row = yield* one<ObjectRow>(
    'select id, uuid, data, bytes, created_at, version, expires_ms from objects where class_id = ? and uuid = ?',
    source.id,
    operation.id,
  )
  if (row) yield* putCopy(copy, className, fresh, row)
  else if (yield* removeCopy(copy, fresh, operation.id)) {
    copy.operations.push({ operation: { op: 'delete', className, id: operation.id } })
  }
}
