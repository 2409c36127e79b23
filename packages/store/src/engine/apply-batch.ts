import { PlatformError } from '@openzimki/core'
import { BOUNDS } from '../bounds.ts'
import type { BatchResult, Operation } from '../contract.ts'
import { one, run, type Task } from '../sql/task.ts'
import { type ClassRow, classMissing, type RealmRow } from './catalogue.ts'
import { indexObject } from './index-object.ts'
import { appendJournal } from './journal.ts'
import { isExpired, type ObjectRow, parseData } from './object-row.ts'
import type { PreparedOperation, PreparedPut } from './prepare-batch.ts'
import type { Writing } from './writing.ts'

type Head = BatchResult['results'][number]
type Put = Extract<Operation, { op: 'put' }>

/** One batch, inside a transaction that undoes it when this throws. FENCED, CONFLICT, NOT_FOUND, ALREADY_EXISTS. */
export function* applyBatch(
  writing: Writing,
  epoch: number,
  operations: PreparedOperation[],
  nowMs: number,
): Task<BatchResult> {
  const realm = yield* writing.openRealm()
  checkEpoch(realm, epoch)
  const results: Head[] = []
  for (const operation of operations) results.push(yield* apply(writing, operation, nowMs))
  const sequence = operations.length === 0 ? realm.sequence : yield* appendJournal(writing, operations, nowMs)
  return { sequence, results }
}

export function checkEpoch(realm: RealmRow, epoch: number): void {
  if (epoch === realm.epoch) return
  if (epoch > realm.epoch) {
    throw new PlatformError(
      'INVALID_ARGUMENT',
      `the realm is at epoch ${realm.epoch}; there is no epoch ${epoch} yet`,
    )
  }
  throw new PlatformError(
    'FENCED',
    `another writer has taken this realm over (epoch ${realm.epoch}; this one has ${epoch}). Stop writing, and load it anew`,
    { details: { epoch: realm.epoch } },
  )
}

function* apply(writing: Writing, prepared: PreparedOperation, nowMs: number): Task<Head> {
  switch (prepared.operation.op) {
    case 'put':
      return yield* put(writing, prepared as PreparedPut, nowMs)
    case 'delete':
      yield* remove(writing, prepared.operation, nowMs)
      return null
    case 'createClass':
      yield* createClass(writing, prepared.operation)
      return null
    case 'deleteClass':
      yield* deleteClass(writing, prepared.operation.className)
      return null
  }
}

function* put(writing: Writing, prepared: PreparedPut, nowMs: number): Task<Head> {
  const { operation } = prepared
  const classRow = yield* writing.findClass(operation.className)
  if (!classRow) throw classMissing(operation.className)
  if (operation.ifVersion === 0) {
    // Nearly always it is new, so that the insert itself may find out.
    const head = yield* insert(writing, classRow, prepared, nowMs)
    if (head) return head
  }
  const existing = yield* findRow(classRow.id, operation.id)
  const isThere = existing !== undefined && !isExpired(existing, nowMs)
  checkVersion(operation, isThere ? existing.version : 0)
  if (isThere) return yield* replace(writing, classRow, existing, prepared)
  if (existing) yield* removeRow(writing, classRow, existing)
  return (yield* insert(writing, classRow, prepared, nowMs))!
}

/** Null: there is one with this id. */
function* insert(
  writing: Writing,
  classRow: ClassRow,
  { operation, json, bytes }: PreparedPut,
  nowMs: number,
): Task<Head> {
  const createdAt = new Date(nowMs).toISOString()
  const made = yield* one<{ id: number }>(
    `insert into objects (class_id, uuid, data, bytes, created_at, version, expires_ms)
      values (?, ?, ?, ?, ?, 1, ?) on conflict (class_id, uuid) do nothing returning id`,
    classRow.id,
    operation.id,
    json,
    bytes,
    createdAt,
    operation.expiresAtMs ?? null,
  )
  if (!made) return null
  yield* indexObject(writing, classRow.id, made.id, null, operation.data)
  writing.count(classRow.id, 1, bytes)
  return { id: operation.id, version: 1, createdAt }
}

function* replace(
  writing: Writing,
  classRow: ClassRow,
  existing: ObjectRow,
  { operation, json, bytes }: PreparedPut,
): Task<Head> {
  const version = existing.version + 1
  yield* run(
    'update objects set data = ?, bytes = ?, version = ?, expires_ms = ? where id = ?',
    json,
    bytes,
    version,
    operation.expiresAtMs ?? null,
    existing.id,
  )
  yield* indexObject(writing, classRow.id, existing.id, parseData(existing.data!), operation.data)
  writing.count(classRow.id, 0, bytes - existing.bytes)
  return { id: operation.id, version, createdAt: existing.created_at }
}

function* remove(
  writing: Writing,
  operation: Extract<Operation, { op: 'delete' }>,
  nowMs: number,
): Task<void> {
  const classRow = yield* writing.findClass(operation.className)
  if (!classRow) throw classMissing(operation.className)
  const existing = yield* findRow(classRow.id, operation.id)
  checkVersion(operation, existing && !isExpired(existing, nowMs) ? existing.version : 0)
  if (existing) yield* removeRow(writing, classRow, existing)
}

/** Takes an object away with its index entries. */
export function* removeRow(writing: Writing, classRow: { id: number }, row: ObjectRow): Task<void> {
  yield* run('delete from objects where id = ?', row.id)
  yield* indexObject(writing, classRow.id, row.id, parseData(row.data!), null)
  writing.count(classRow.id, -1, -row.bytes)
}

const findRow = (classId: number, uuid: string): Task<ObjectRow | undefined> =>
  one(
    'select id, uuid, data, bytes, created_at, version, expires_ms from objects where class_id = ? and uuid = ?',
    classId,
    uuid,
  )

/** `version` 0: there is no such object. */
function checkVersion(operation: Put | Extract<Operation, { op: 'delete' }>, version: number): void {
  if (operation.ifVersion === undefined || operation.ifVersion === version) return
  const found = version === 0 ? 'it is not there' : `it is at version ${version}`
  const wanted = operation.ifVersion === 0 ? 'it must be new' : `it must be at version ${operation.ifVersion}`
  throw new PlatformError(
    'CONFLICT',
    `the object ${operation.id} of class "${operation.className}" was changed meanwhile: ${wanted}, but ${found}. Read it again, then try again`,
    { details: { className: operation.className, id: operation.id, version } },
  )
}

function* createClass(
  writing: Writing,
  { className, ifMissing }: Extract<Operation, { op: 'createClass' }>,
): Task<void> {
  if (!(yield* writing.findClass(className))) {
    if ((yield* writing.countClasses()) >= BOUNDS.classes) throw tooManyClasses(className)
    yield* writing.createClass(className)
  } else if (!ifMissing) {
    throw new PlatformError('ALREADY_EXISTS', `the class "${className}" exists already in this realm`, {
      details: { className },
    })
  }
}

const tooManyClasses = (className: string): PlatformError =>
  new PlatformError(
    'TOO_LARGE',
    `the class "${className}" cannot be made: a realm has at most ${BOUNDS.classes} classes. Delete some, or tell objects apart by a property`,
  )

function* deleteClass(writing: Writing, className: string): Task<void> {
  if (!(yield* writing.deleteClass(className))) throw classMissing(className)
}
