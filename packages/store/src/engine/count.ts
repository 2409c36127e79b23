import { all, type Task } from '../sql/task.ts'
import { matchesAll } from '../terms/matches.ts'
import type { Term } from '../terms/term.ts'
import { type Access, accessesOf } from './access.ts'
import type { AccessCounts } from './access-counts.ts'
import { type ClassRow, requireClass } from './catalogue.ts'
import { fieldReader, isExpired, OBJECT_COLUMNS, type ObjectRow } from './object-row.ts'
import { makePlan } from './plan.ts'
import { countWalk, ensureData, type Position, skipWalk, walkRows } from './walk.ts'

const CHUNK = 20_000

/** Objects for which all terms hold. From the index alone where one access answers them all. */
export function* count(
  realm: string,
  className: string,
  terms: Term[],
  nowMs: number,
  counts: AccessCounts,
): Task<number> {
  const classRow = yield* requireClass(realm, className)
  if (terms.length === 0) return classRow.objects - (yield* countExpired(classRow, terms, nowMs))
  const accesses = yield* accessesOf(classRow, terms)
  if (accesses === null) return 0
  const [only] = accesses
  if (accesses.length === 1 && only!.range.decides && only!.terms.length === terms.length) {
    return (yield* countEntries(only!)) - (yield* countExpired(classRow, terms, nowMs))
  }
  return yield* countMatches(classRow, terms, nowMs, counts)
}

function* countEntries(access: Access): Task<number> {
  let total = 0
  for (const walk of access.walks) {
    let after: Position | null = null
    for (;;) {
      const next: Position | null = yield* skipWalk(walk, after, CHUNK)
      if (!next) break
      total += CHUNK
      after = next
    }
    total += yield* countWalk(walk, after, CHUNK)
  }
  return total
}

/** Expired and not swept, hence few: sweeps come often. */
function* countExpired(classRow: ClassRow, terms: Term[], nowMs: number): Task<number> {
  let expired = 0
  let after = { expiresMs: Number.MIN_SAFE_INTEGER, id: 0 }
  for (;;) {
    const rows: ObjectRow[] = yield* all<ObjectRow>(
      `select ${OBJECT_COLUMNS} from objects o where o.class_id = ? and o.expires_ms is not null and o.expires_ms <= ?
        and (o.expires_ms, o.id) > (?, ?) order by o.expires_ms, o.id limit 200`,
      classRow.id,
      nowMs,
      after.expiresMs,
      after.id,
    )
    for (const row of rows) {
      if ((yield* ensureData(row)) && matchesAll(terms, fieldReader(row))) expired += 1
    }
    const last = rows[rows.length - 1]
    if (!last || rows.length < 200) return expired
    after = { expiresMs: last.expires_ms!, id: last.id }
  }
}

function* countMatches(classRow: ClassRow, terms: Term[], nowMs: number, counts: AccessCounts): Task<number> {
  const plan = yield* makePlan(classRow, terms, [], Number.POSITIVE_INFINITY, counts)
  let total = 0
  for (const walk of plan?.walks ?? []) {
    yield* walkRows(walk, { needsData: true }, (row) => {
      if (!isExpired(row, nowMs) && matchesAll(plan!.residual, fieldReader(row))) total += 1
      return false
    })
  }
  return total
}
