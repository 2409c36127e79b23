import type { StoredObject } from '../contract.ts'
import { one, type Task } from '../sql/task.ts'
import { matchesAll } from '../terms/matches.ts'
import { type OrderKey, type SortValue, sortValue } from '../terms/order.ts'
import type { Term } from '../terms/term.ts'
import type { AccessCounts } from './access-counts.ts'
import { type ClassRow, requireClass } from './catalogue.ts'
import { type Collector, StreamCollector } from './collector.ts'
import { hasExpired } from './expiry.ts'
import { fieldReader, isExpired, type ObjectRow, toStoredObject } from './object-row.ts'
import { makePlan, type Plan } from './plan.ts'
import { SortCollector } from './sort-collector.ts'
import {
  NOTHING_SKIPPED,
  type Skipped,
  skipEntries,
  skipSieved,
  type Walk,
  type WalkRow,
  walkRows,
} from './walk.ts'

export interface CheckedQuery {
  terms: Term[]
  order: OrderKey[]
  /** Results to leave out at the beginning, and to give after them. */
  offset: number
  limit: number
  maxBytes: number
}

/** Results before the page from which on it is worth to leave them out unread. */
const WORTH_SKIPPING = 100
const WORTH_SIEVING = 40

export function* search(
  realm: string,
  className: string,
  query: CheckedQuery,
  nowMs: number,
  counts: AccessCounts,
): Task<StoredObject[]> {
  const classRow = yield* requireClass(realm, className)
  const plan = yield* makePlan(classRow, query.terms, query.order, query.offset + query.limit, counts)
  const rows = plan ? yield* new Searching(classRow, query, plan, nowMs).run() : []
  const results: StoredObject[] = []
  for (const row of rows) {
    if (row.data !== null || (yield* reread(row, query, nowMs))) results.push(toStoredObject(className, row))
  }
  return results
}

/** Reads what was not held. In a long search it may have changed since: then it is asked again. */
function* reread(row: ObjectRow, query: CheckedQuery, nowMs: number): Task<boolean> {
  const now = yield* one<ObjectRow>(
    'select id, uuid, data, bytes, created_at, version, expires_ms from objects where id = ?',
    row.id,
  )
  if (!now) return false
  const changed = now.version !== row.version
  Object.assign(row, now)
  return !changed || (!isExpired(row, nowMs) && matchesAll(query.terms, fieldReader(row)))
}

/** One search on its way through the index. */
class Searching {
  readonly #classRow: ClassRow
  readonly #query: CheckedQuery
  readonly #plan: Plan
  readonly #nowMs: number

  constructor(classRow: ClassRow, query: CheckedQuery, plan: Plan, nowMs: number) {
    this.#classRow = classRow
    this.#query = query
    this.#plan = plan
    this.#nowMs = nowMs
  }

  *run(): Task<ObjectRow[]> {
    if (this.#plan.kind === 'gather') return yield* this.#gather()
    return this.#query.order.length > 1 ? yield* this.#grouped() : yield* this.#streamed()
  }

  *#gather(): Task<ObjectRow[]> {
    const collector = new SortCollector(this.#query.order, this.#query, false)
    for (const walk of this.#plan.walks) yield* this.#collect(walk, collector, this.#plan.residual)
    return collector.page()
  }

  /** By several fields: the walk orders the first, the collector the rest. */
  *#grouped(): Task<ObjectRow[]> {
    const collector = new SortCollector(this.#query.order, this.#query, true)
    const seen = yield* this.#collect(this.#plan.walks[0]!, collector, this.#plan.residual)
    yield* this.#lacking(collector, seen)
    return collector.page()
  }

  /** By one field, or none: the walk is the order. */
  *#streamed(): Task<ObjectRow[]> {
    const collector = new StreamCollector(this.#query)
    const [walk] = this.#plan.walks
    const skipped = yield* this.#skip(walk!)
    collector.skipped(skipped.rows)
    const seen = yield* this.#collect(walk!, collector, this.#plan.residual, skipped)
    yield* this.#lacking(collector, seen + skipped.seen)
    return collector.page()
  }

  /** Takes the matches of a walk until the collector is full; gives the number of rows walked over. */
  *#collect(
    walk: Walk,
    collector: Collector,
    terms: readonly Term[],
    skipped: Skipped = NOTHING_SKIPPED,
  ): Task<number> {
    const needsData = terms.length > 0 || collector instanceof SortCollector
    const { offset, limit } = this.#query
    const firstSlice = Math.min(skipped.position ? limit : offset + limit, 64)
    let hits = 0
    // As many rows as the page will need, if matches go on as thick as they were; a few more, as that is a guess.
    const nextSlice = (seen: number): number => (hits === 0 ? seen : (collector.wanted * seen * 1.1) / hits)
    const wanted = (): number => collector.wanted
    const slices = { needsData, after: skipped.position, firstSlice, nextSlice, wanted }
    const walked = yield* walkRows(walk, slices, (row) => {
      if (this.#isMatch(row, terms)) {
        hits += 1
        collector.add(row, collector instanceof SortCollector ? this.#keys(row) : [])
      }
      return collector.isFull
    })
    return walked.seen
  }

  /** Objects without the first field of the order come after all that have it; `seen` of the class have it. */
  *#lacking(collector: Collector, seen: number): Task<void> {
    if (!this.#plan.lackingAfter || collector.isFull || seen >= this.#classRow.objects) return
    const first = this.#query.order[0]!
    const walk: Walk = { source: 'rows', owner: this.#classRow.id, descending: first.descending }
    const lacks = (row: WalkRow) => sortValue(first, fieldReader(row)) === null
    yield* walkRows(walk, { needsData: true }, (row) => {
      if (this.#isMatch(row, this.#query.terms) && lacks(row)) collector.add(row, this.#keys(row))
      return collector.isFull
    })
  }

  /** Leaves out the pages before the one wanted without looking at them, where each entry is a result. */
  *#skip(walk: Walk): Task<Skipped> {
    const { offset } = this.#query
    const isSieved = (walk.also?.length ?? 0) > 0
    if (this.#plan.residual.length > 0 || offset < (isSieved ? WORTH_SIEVING : WORTH_SKIPPING))
      return NOTHING_SKIPPED
    if (yield* hasExpired(this.#classRow.id, this.#nowMs)) return NOTHING_SKIPPED
    return yield* isSieved ? skipSieved(walk, offset) : skipEntries(walk, offset)
  }

  #isMatch(row: WalkRow, terms: readonly Term[]): boolean {
    return !isExpired(row, this.#nowMs) && (terms.length === 0 || matchesAll(terms, fieldReader(row)))
  }

  #keys(row: WalkRow): SortValue[] {
    const read = fieldReader(row)
    return this.#query.order.map((key) => sortValue(key, read))
  }
}
