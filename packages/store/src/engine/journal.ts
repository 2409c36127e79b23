import { BOUNDS } from '../bounds.ts'
import type { JournalEntry, Operation } from '../contract.ts'
import { one, run, type Task } from '../sql/task.ts'
import { findRealm } from './catalogue.ts'
import type { PreparedOperation } from './prepare-batch.ts'
import type { Writing } from './writing.ts'

interface EntryRow {
  sequence: number
  epoch: number
  time_ms: number
  operations: string
}

/** Adds one entry and gives its sequence. Conditions are left out: they held, and a replay is not to ask again. */
export function* appendJournal(
  writing: Writing,
  operations: PreparedOperation[],
  nowMs: number,
): Task<number> {
  const { id, epoch } = yield* writing.openRealm()
  const sequence = yield* writing.nextSequence()
  yield* run(
    'insert into journal (realm_id, sequence, epoch, time_ms, operations) values (?, ?, ?, ?, ?)',
    id,
    sequence,
    epoch,
    nowMs,
    `[${operations.map(entryJson).join(',')}]`,
  )
  return sequence
}

/** The object's JSON is made once, in prepareBatch, and used for both the object and its entry. */
function entryJson(prepared: PreparedOperation): string {
  const { operation } = prepared
  if (operation.op === 'createClass') {
    return JSON.stringify({
      op: operation.op,
      className: operation.className,
      ifMissing: operation.ifMissing,
    })
  }
  if (operation.op === 'deleteClass')
    return JSON.stringify({ op: operation.op, className: operation.className })
  if (operation.op === 'delete') {
    return JSON.stringify({ op: operation.op, className: operation.className, id: operation.id })
  }
  const head = JSON.stringify({
    op: 'put',
    className: operation.className,
    id: operation.id,
    expiresAtMs: operation.expiresAtMs ?? undefined,
  })
  return `${head.slice(0, -1)},"data":${'json' in prepared ? prepared.json : '{}'}}`
}

/** One by one, because an entry may be large; ends at `limit` or at BOUNDS.journalBytes. */
export function* readJournal(realm: string, afterSequence: number, limit: number): Task<JournalEntry[]> {
  const row = yield* findRealm(realm)
  const entries: JournalEntry[] = []
  let after = afterSequence
  let bytes = 0
  while (row && entries.length < limit && bytes < BOUNDS.journalBytes) {
    const entry = yield* one<EntryRow>(
      `select sequence, epoch, time_ms, operations from journal
        where realm_id = ? and sequence > ? order by sequence limit 1`,
      row.id,
      after,
    )
    if (!entry) break
    after = entry.sequence
    bytes += entry.operations.length
    entries.push({
      sequence: entry.sequence,
      epoch: entry.epoch,
      timeMs: entry.time_ms,
      operations: JSON.parse(entry.operations) as Operation[],
    })
  }
  return entries
}

/** Forgets entries before `sequence`. */
export function* trimJournal(realm: string, beforeSequence: number): Task<void> {
  const row = yield* findRealm(realm)
  if (row) yield* run('delete from journal where realm_id = ? and sequence < ?', row.id, beforeSequence)
}
