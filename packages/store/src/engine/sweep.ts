import { all, one, run, type Task } from '../sql/task.ts'
import { removeRow } from './apply-batch.ts'
import { appendJournal } from './journal.ts'
import type { ObjectRow } from './object-row.ts'
import type { PreparedOperation } from './prepare-batch.ts'
import { Writing } from './writing.ts'

type ExpiredRow = ObjectRow & { class_id: number; class_name: string }

/** Most objects removed in one transaction. */
export const SWEEP_SLICE = 200

/** Up to SWEEP_SLICE expired objects, the oldest first, by their realm. */
export function* findExpired(limit: number, nowMs: number): Task<Map<string, number[]>> {
  const rows = yield* all<{ id: number; realm: string }>(
    `select o.id, r.name as realm from objects o join classes c on c.id = o.class_id join realms r on r.id = c.realm_id
      where o.expires_ms is not null and o.expires_ms <= ? order by o.expires_ms limit ?`,
    nowMs,
    Math.min(limit, SWEEP_SLICE),
  )
  const found = new Map<string, number[]>()
  for (const { id, realm } of rows) found.set(realm, [...(found.get(realm) ?? []), id])
  return found
}

/** Removes those of the realm's objects that are expired still, with one journal entry; their number. */
export function* removeExpired(realm: string, ids: readonly number[], nowMs: number): Task<number> {
  const writing = new Writing(realm)
  if (!(yield* writing.findRealm())) return 0
  const operations: PreparedOperation[] = []
  for (const id of ids) {
    const row = yield* one<ExpiredRow>(
      `select o.id, o.class_id, o.uuid, o.data, o.bytes, o.created_at, o.version, o.expires_ms, c.name as class_name
        from objects o join classes c on c.id = o.class_id where o.id = ? and o.expires_ms is not null and o.expires_ms <= ?`,
      id,
      nowMs,
    )
    if (!row) continue
    yield* removeRow(writing, { id: row.class_id }, row)
    operations.push({ operation: { op: 'delete', className: row.class_name, id: row.uuid } })
  }
  if (operations.length > 0) yield* appendJournal(writing, operations, nowMs)
  yield* writing.finish()
  return operations.length
}

/** Most rows of a deleted class or realm removed in one transaction. */
const PURGE_SLICE = 500

/** Removes a slice of what deleteClass and deleteRealm left behind; false when there is nothing left. */
export function* purgeSlice(): Task<boolean> {
  const doomed = yield* one<{ id: number; kind: string; target_id: number }>(
    'select id, kind, target_id from doomed order by id limit 1',
  )
  if (!doomed) return false
  const more =
    doomed.kind === 'class' ? yield* purgeClass(doomed.target_id) : yield* purgeRealm(doomed.target_id)
  if (!more) yield* run('delete from doomed where id = ?', doomed.id)
  return true
}

function* purgeClass(classId: number): Task<boolean> {
  const attribute = yield* one<{ id: number }>(
    'select id from attributes where class_id = ? limit 1',
    classId,
  )
  if (attribute) {
    const more = (yield* purgeIndex('terms', attribute.id)) || (yield* purgeIndex('numbers', attribute.id))
    if (!more) yield* run('delete from attributes where id = ?', attribute.id)
    return true
  }
  return yield* purgeRows('objects', 'class_id', 'id', classId)
}

function* purgeRealm(realmId: number): Task<boolean> {
  return (
    (yield* purgeRows('journal', 'realm_id', 'sequence', realmId)) ||
    (yield* purgeRows('blob_refs', 'realm_id', 'digest', realmId))
  )
}

/** Removes a slice; whether there may be more. */
function* purgeIndex(table: 'terms' | 'numbers', attributeId: number): Task<boolean> {
  const rows = yield* all<{ value: string | number; object_id: number }>(
    `select value, object_id from ${table} where attribute_id = ? order by value, object_id limit ?`,
    attributeId,
    PURGE_SLICE,
  )
  const last = rows[rows.length - 1]
  if (!last) return false
  yield* run(
    `delete from ${table} where attribute_id = ? and (value, object_id) <= (?, ?)`,
    attributeId,
    last.value,
    last.object_id,
  )
  return true
}

function* purgeRows(
  table: 'objects' | 'journal' | 'blob_refs',
  owner: string,
  key: string,
  ownerId: number,
): Task<boolean> {
  const rows = yield* all<{ key: string | number }>(
    `select ${key} as key from ${table} where ${owner} = ? order by ${key} limit ?`,
    ownerId,
    PURGE_SLICE,
  )
  const last = rows[rows.length - 1]
  if (!last) return false
  yield* run(`delete from ${table} where ${owner} = ? and ${key} <= ?`, ownerId, last.key)
  return true
}
