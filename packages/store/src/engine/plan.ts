import type { Task } from '../sql/task.ts'
import type { OrderKey } from '../terms/order.ts'
import type { Term } from '../terms/term.ts'
import { type Access, accessesOf, isInOrder, pointOf, walkOf } from './access.ts'
import type { AccessCounts } from './access-counts.ts'
import type { ClassRow } from './catalogue.ts'
import { isOwnField } from './object-row.ts'
import type { Point, Walk } from './walk.ts'

/** How far the selectivity of a term is looked into at most: about a millisecond. */
const PROBE = 10_000
const FEW = 200
/** What an entry costs that an index decides, against one whose object is read. */
const SIEVED = 0.25

/**
 * How a search goes about it. `ordered`: walk an index that is in the order asked for, and stop at the page's end.
 * `gather`: take all that the most selective term finds, and sort it.
 */
export interface Plan {
  kind: 'ordered' | 'gather'
  walks: Walk[]
  /** Terms that the walks do not answer; to be asked of each object. */
  residual: Term[]
  /** The walk leaves out objects that lack the field of the order; they come after it. */
  lackingAfter: boolean
}

interface Measured {
  access: Access
  hits: number
  /** There are no more than these. */
  isAll: boolean
}

/** Null: nothing can match. `want`: how many of the first results are needed, Infinity for all. */
export function* makePlan(
  classRow: ClassRow,
  terms: readonly Term[],
  order: readonly OrderKey[],
  want: number,
  counts: AccessCounts,
): Task<Plan | null> {
  const accesses = yield* accessesOf(classRow, terms)
  if (accesses === null) return null
  const measured: Measured[] = []
  let limit = probeOf(classRow, accesses, want)
  for (const access of accesses) {
    const hits = yield* counts.count(access, limit)
    measured.push({ access, hits, isAll: hits < limit })
    // Once a term is known to find few, it only matters that another finds many.
    limit = Math.min(limit, FEW + hits * 10)
  }
  if (measured.some(({ hits }) => hits === 0)) return null
  const all = Math.max(classRow.objects, 1)
  // Terms are taken as independent of each other: a guess, which costs time when wrong, never a result.
  const expected = measured.reduce((rest, { hits }) => (rest * hits) / all, all)
  const ordered = yield* orderedWays(classRow, terms, order[0], measured)
  const gather = gatherWay(terms, measured)
  let best: { plan: Plan; cost: number } | null = null
  for (const way of ordered) {
    const free = way.plan.residual.length === 0 && !way.plan.walks[0]?.also?.length
    const entries = Math.min(way.size, free ? want : (want * way.size) / Math.max(expected, 0.01))
    const cost = way.plan.residual.length === 0 && !free ? entries * SIEVED : entries
    if (!best || cost < best.cost) best = { plan: way.plan, cost }
  }
  return gather && (!best || gather.size < best.cost) ? gather.plan : best!.plan
}

/**
 * With so many hits, an index in the order asked for has the page within as many entries as there would be to gather; what lies beyond
 * need not be counted.
 */
function probeOf({ objects }: ClassRow, accesses: readonly Access[], want: number): number {
  const entry = accesses.every((access) => pointOf(access) !== null) ? SIEVED : 1
  return Math.min(Math.max(Math.ceil(Math.sqrt(want * Math.max(objects, 1) * entry)), FEW), PROBE)
}

interface Way {
  plan: Plan
  size: number
}

function* orderedWays(
  classRow: ClassRow,
  terms: readonly Term[],
  order: OrderKey | undefined,
  measured: Measured[],
): Task<Way[]> {
  const ways: Way[] = []
  const descending = order?.descending ?? false
  const natural = measured.filter(({ access }) => isInOrder(access, order))
  for (const { access, hits, isAll } of natural) {
    const size = isAll ? hits : classRow.objects
    const walk = { ...access.walks[0]!, descending }
    // Few objects are sooner read than looked up one by one.
    const others = isAll ? [] : measured
    ways.push({ size, plan: orderedPlan(walk, residualOf(terms, access), others, false) })
  }
  const whole = order ? yield* walkOf(classRow, order.field, order.numeric) : null
  const walk: Walk = whole ?? { source: 'rows', owner: classRow.id }
  const lackingAfter = whole !== null && !isOwnField(order!.field) && natural.length === 0
  ways.push({
    // Walking on through those that lack the field is another turn over the class.
    size: classRow.objects * (lackingAfter ? 2 : 1),
    plan: orderedPlan({ ...walk, descending }, terms, measured, lackingAfter),
  })
  return ways
}

/** Terms that one point of an index decides are asked of that index (those of `measured`), so that objects which they drop are never read. */
function orderedPlan(
  walk: Walk,
  terms: readonly Term[],
  measured: readonly Measured[],
  lackingAfter: boolean,
): Plan {
  const also: Point[] = []
  let residual = [...terms]
  for (const { access } of measured) {
    const point = pointOf(access)
    if (!point || !access.terms.every((term) => residual.includes(term))) continue
    also.push(point)
    residual = residualOf(residual, access)
  }
  return { kind: 'ordered', walks: [{ ...walk, also }], residual, lackingAfter }
}

function gatherWay(terms: readonly Term[], measured: Measured[]): Way | null {
  const [best] = measured.toSorted((a, b) => a.hits - b.hits)
  if (!best) return null
  const size = best.isAll ? best.hits : Number.POSITIVE_INFINITY
  const plan: Plan = {
    kind: 'gather',
    walks: best.access.walks,
    residual: residualOf(terms, best.access),
    lackingAfter: false,
  }
  return { size, plan }
}

const residualOf = (terms: readonly Term[], access: Access): Term[] =>
  access.range.decides ? terms.filter((term) => !access.terms.includes(term)) : [...terms]
