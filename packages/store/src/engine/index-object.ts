import { run, type Task } from '../sql/task.ts'
import { indexKey } from '../terms/index-key.ts'
import { numberOf, textOf } from '../terms/scalar.ts'
import { openAttribute } from './catalogue.ts'
import { isOwnField, type ObjectData } from './object-row.ts'

interface Entry {
  text: string
  number: number | null
}

/** What the index holds of an object: its scalar properties. */
function entriesOf(data: ObjectData | null): Map<string, Entry> {
  const entries = new Map<string, Entry>()
  for (const [name, value] of Object.entries(data ?? {})) {
    const text = isOwnField(name) ? null : textOf(value)
    if (text !== null) entries.set(name, { text: indexKey(text), number: numberOf(value) })
  }
  return entries
}

/**
 * Brings the index of one object from its `before` to its `after`; null is nothing. Only what differs is written. The index
 * of `before` is derived, not read, so the derivation must not change without a migration that builds the index anew.
 */
export function* indexObject(
  classId: number,
  objectId: number,
  before: ObjectData | null,
  after: ObjectData | null,
): Task<void> {
  const old = entriesOf(before)
  const fresh = entriesOf(after)
  for (const [name, entry] of old) {
    const next = fresh.get(name)
    if (next?.text === entry.text && next.number === entry.number) fresh.delete(name)
    else yield* removeEntry(yield* openAttribute(classId, name), objectId, entry)
  }
  for (const [name, entry] of fresh) yield* addEntry(yield* openAttribute(classId, name), objectId, entry)
}

function* addEntry(attributeId: number, objectId: number, entry: Entry): Task<void> {
  yield* run(
    'insert into terms (attribute_id, value, object_id) values (?, ?, ?)',
    attributeId,
    entry.text,
    objectId,
  )
  if (entry.number === null) return
  yield* run(
    'insert into numbers (attribute_id, value, object_id) values (?, ?, ?)',
    attributeId,
    entry.number,
    objectId,
  )
}

function* removeEntry(attributeId: number, objectId: number, entry: Entry): Task<void> {
  yield* run(
    'delete from terms where attribute_id = ? and value = ? and object_id = ?',
    attributeId,
    entry.text,
    objectId,
  )
  if (entry.number === null) return
  yield* run(
    'delete from numbers where attribute_id = ? and value = ? and object_id = ?',
    attributeId,
    entry.number,
    objectId,
  )
}
