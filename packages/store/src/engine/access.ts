import type { Task } from '../sql/task.ts'
import type { OrderKey } from '../terms/order.ts'
import type { Term } from '../terms/term.ts'
import { type ClassRow, findAttribute } from './catalogue.ts'
import { type IndexRange, mergeRanges, rangeOf } from './index-range.ts'
import { countWalk, type Point, type Walk } from './walk.ts'

/** One way into the index: the terms it answers, and the walks that together give their objects. */
export interface Access {
  range: IndexRange
  terms: Term[]
  walks: Walk[]
}

/** The ways that the terms offer; null when one of them can hold for no object at all. */
export function* accessesOf(classRow: ClassRow, terms: readonly Term[]): Task<Access[] | null> {
  const merged: { range: IndexRange; terms: Term[] }[] = []
  for (const term of terms) {
    const range = rangeOf(term)
    if (range) mergeInto(merged, range, term)
  }
  const accesses: Access[] = []
  for (const { range, terms: answered } of merged) {
    const walk = yield* walkOf(classRow, range.field, range.numeric)
    const walks = walk ? pointsOrStretch(walk, range) : []
    if (walks.length === 0) return null
    accesses.push({ range, terms: answered, walks })
  }
  return accesses
}

function mergeInto(merged: { range: IndexRange; terms: Term[] }[], range: IndexRange, term: Term): void {
  for (const entry of merged) {
    const both = mergeRanges(entry.range, range)
    if (!both) continue
    entry.range = both
    entry.terms.push(term)
    return
  }
  merged.push({ range, terms: [term] })
}

function pointsOrStretch(walk: Walk, range: IndexRange): Walk[] {
  if (range.keys) return range.keys.map((at) => ({ ...walk, at }))
  return [{ ...walk, lower: range.lower, upper: range.upper }]
}

/** The index of a field; null when no object of the class ever had it. */
export function* walkOf(classRow: ClassRow, field: string, numeric: boolean): Task<Walk | null> {
  if (field === 'id') return { source: 'ids', owner: classRow.id }
  if (field === 'creation_date') return { source: 'created', owner: classRow.id }
  const attribute = yield* findAttribute(classRow.id, field)
  return attribute ? { source: numeric ? 'numbers' : 'terms', owner: attribute.id } : null
}

/** Objects behind an access, counted up to `limit`. */
export function* countAccess(access: Access, limit: number): Task<number> {
  let hits = 0
  for (const walk of access.walks) {
    hits += yield* countWalk(walk, null, limit - hits)
    if (hits >= limit) break
  }
  return hits
}

/** Whether walking this access gives the order asked for, without a sort. */
export function isInOrder(access: Access, order: OrderKey | undefined): boolean {
  if (access.walks.length > 1) return false
  // Within one point of the index, every order by its field is that of creation.
  if (order && order.field === access.range.field && order.numeric === access.range.numeric) return true
  return !order && access.range.keys !== null
}

/** The one point of an index at which exactly the objects are that it finds; null when it is no such access. */
export function pointOf({ range, walks: [walk, ...more] }: Access): Point | null {
  if (!walk || more.length > 0 || !range.decides || walk.at === undefined) return null
  return walk.source === 'terms' || walk.source === 'numbers'
    ? { source: walk.source, owner: walk.owner, at: walk.at }
    : null
}
