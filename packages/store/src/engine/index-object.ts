import { type Binding, run, runEach, type Task } from '../sql/task.ts'
import { indexKey } from '../terms/index-key.ts'
import { numberOf, textOf } from '../terms/scalar.ts'
import { isOwnField, type ObjectData } from './object-row.ts'
import type { Writing } from './writing.ts'

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
  writing: Writing,
  classId: number,
  objectId: number,
  before: ObjectData | null,
  after: ObjectData | null,
): Task<void> {
  const old = entriesOf(before)
  const fresh = entriesOf(after)
  for (const [name, entry] of old) {
    const next = fresh.get(name)
    if (next?.text !== entry.text || next.number !== entry.number) continue
    old.delete(name)
    fresh.delete(name)
  }
  const ids = yield* writing.openAttributes(classId, [...new Set([...old.keys(), ...fresh.keys()])])
  for (const [name, entry] of old) yield* removeEntry(ids.get(name)!, objectId, entry)
  const texts: Binding[][] = []
  const numbers: Binding[][] = []
  for (const [name, { text, number }] of fresh) {
    texts.push([ids.get(name)!, text, objectId])
    if (number !== null) numbers.push([ids.get(name)!, number, objectId])
  }
  yield* addRows('terms', texts)
  yield* addRows('numbers', numbers)
}

const addRows = (table: 'terms' | 'numbers', rows: readonly Binding[][]): Task<void> =>
  runEach(`insert into ${table} (attribute_id, value, object_id) values (?, ?, ?)`, rows)

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
