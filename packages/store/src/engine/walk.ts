import { type Binding, type Command, one, type Task } from '../sql/task.ts'
import type { Bound, Key } from './index-range.ts'
import { OBJECT_COLUMNS, type ObjectRow } from './object-row.ts'

/**
 * The five indexes that a search can walk. `key` is what they are ordered by, `tie` the object's row within equal keys; `unique`: there are
 * none.
 */
const SOURCES = {
  terms: {
    index: 'terms t',
    objects: true,
    owner: 't.attribute_id',
    key: 't.value',
    tie: 't.object_id',
    unique: false,
  },
  numbers: {
    index: 'numbers t',
    objects: true,
    owner: 't.attribute_id',
    key: 't.value',
    tie: 't.object_id',
    unique: false,
  },
  created: {
    index: 'objects o',
    objects: false,
    owner: 'o.class_id',
    key: 'o.created_at',
    tie: 'o.id',
    unique: false,
  },
  ids: { index: 'objects o', objects: false, owner: 'o.class_id', key: 'o.uuid', tie: 'o.id', unique: true },
  rows: { index: 'objects o', objects: false, owner: 'o.class_id', key: null, tie: 'o.id', unique: false },
} as const

export interface Walk {
  source: keyof typeof SOURCES
  /** Attribute of `terms` and `numbers`, class of the others. */
  owner: number
  /** One point of the index; then the order is that of creation. */
  at?: Key
  lower?: Bound | null
  upper?: Bound | null
  descending?: boolean
  /** Points of other indexes at which an object must be too; those that are not are passed over, their data unread. */
  also?: readonly Point[]
}

export interface Point {
  source: 'terms' | 'numbers'
  owner: number
  at: Key
}

/** Where a walk goes on. */
export interface Position {
  key: Key
  row: number
}

export type WalkRow = ObjectRow & { key: Key }

/** Rows of one slice: small at first, because most searches end there. */
const FIRST_SLICE = 32
const SMALLEST_SLICE = 16
/** Of those, most entries are passed over. */
const SMALLEST_SIEVED = 128
const LARGEST_SLICE = 512
/** More than what may come into a slice while it is taken. */
const MOST_IN_SLICE = 100_000

interface Condition {
  where: string
  bindings: Binding[]
}

/** `after` is left out, `until` is in. */
function condition(walk: Walk, after: Position | null, until: Position | null = null): Condition {
  const { owner, key, tie, unique } = SOURCES[walk.source]
  const where = [`${owner} = ?`]
  const bindings: Binding[] = [walk.owner]
  const add = (sql: string, ...values: Binding[]) => {
    where.push(sql)
    bindings.push(...values)
  }
  const beyond = walk.descending ? '<' : '>'
  const byTieOnly = key === null || walk.at !== undefined
  if (walk.at !== undefined) add(`${key} = ?`, walk.at)
  if (after && byTieOnly) add(`${tie} ${beyond} ?`, after.row)
  if (after && !byTieOnly && unique) add(`${key} ${beyond} ?`, after.key)
  else if (after && !byTieOnly) add(`(${key}, ${tie}) ${beyond} (?, ?)`, after.key, after.row)
  const within = walk.descending ? '>=' : '<='
  if (until && byTieOnly) add(`${tie} ${within} ?`, until.row)
  else if (until && unique) add(`${key} ${within} ?`, until.key)
  else if (until) add(`(${key}, ${tie}) ${within} (?, ?)`, until.key, until.row)
  // The position is the tighter bound on its side; with both, the database would start at the looser one.
  if (walk.lower && !(after && !walk.descending))
    add(`${key} ${walk.lower.inclusive ? '>=' : '>'} ?`, walk.lower.key)
  if (walk.upper && !(after && walk.descending))
    add(`${key} ${walk.upper.inclusive ? '<=' : '<'} ?`, walk.upper.key)
  return { where: where.join(' and '), bindings }
}

function ordering(walk: Walk, key: string | null, tie: string): string {
  const direction = walk.descending ? ' desc' : ''
  if (SOURCES[walk.source].unique && walk.at === undefined) return `${key}${direction}`
  return key === null || walk.at !== undefined
    ? `${tie}${direction}`
    : `${key}${direction}, ${tie}${direction}`
}

/** The next `limit` entries, in order, with their objects. */
export function sliceCommand(walk: Walk, after: Position | null, limit: number): Command {
  const { index, objects, key, tie } = SOURCES[walk.source]
  const { where, bindings } = condition(walk, after)
  // `cross join` keeps the index outside and the objects inside, whatever the planner believes.
  const from = objects ? `${index} cross join objects o` : index
  const join = objects ? ` and o.id = ${tie}` : ''
  return {
    sql: `select ${key ?? 0} as key, ${OBJECT_COLUMNS} from ${from} where ${where}${join} order by ${ordering(walk, key, tie)} limit ?`,
    bindings: [...bindings, limit],
  }
}

/** Those of the entries up to `until` (null: the end) that are at the points too. */
function sievedCommand(
  walk: Walk,
  points: readonly Point[],
  after: Position | null,
  until: Position | null,
): Command {
  const { index, key, tie } = SOURCES[walk.source]
  const { where, bindings } = condition(walk, after, until)
  const order = ordering(walk, key, tie)
  const slice = `select ${key ?? 0} as key, ${tie} as row from ${index} where ${where} order by ${order} limit ?`
  const joins = points.map(({ source }, n) => `cross join ${source} p${n}`).join(' ')
  const at = points.map(
    (_, n) => `p${n}.attribute_id = ? and p${n}.value = ? and p${n}.object_id = s.row and`,
  )
  return {
    sql: `select s.key as key, ${OBJECT_COLUMNS} from (${slice}) s ${joins} cross join objects o
      where ${at.join(' ')} o.id = s.row order by ${ordering(walk, key === null ? null : 's.key', 's.row')}`,
    bindings: [...bindings, MOST_IN_SLICE, ...points.flatMap((point) => [point.owner, point.at])],
  }
}

export interface WalkOptions {
  after?: Position | null
  /** Rows come with their data, large ones too. */
  needsData: boolean
  firstSlice?: number
  /** How many rows to take next when so many have been seen; default: twice as many as the last time. */
  nextSlice?: (seen: number) => number
}

/** Walks rows in order until `visit` returns true. `seen`: entries walked over, those too that `also` passed over. */
export function* walkRows(
  walk: Walk,
  options: WalkOptions,
  visit: (row: WalkRow) => boolean,
): Task<{ seen: number; stopped: boolean }> {
  let after = options.after ?? null
  const smallest = walk.also?.length ? SMALLEST_SIEVED : SMALLEST_SLICE
  let size = Math.min(options.firstSlice ?? FIRST_SLICE, LARGEST_SLICE)
  let seen = 0
  for (;;) {
    const slice: Slice = yield* walk.also?.length ? sieved(walk, after, size) : whole(walk, after, size)
    for (const row of slice.rows) {
      if (options.needsData && !(yield* ensureData(row))) continue
      if (visit(row)) return { seen, stopped: true }
    }
    seen += slice.entries
    if (!slice.end) return { seen, stopped: false }
    after = slice.end
    const wanted = Math.ceil(options.nextSlice?.(seen) ?? size * 2)
    size = Math.min(Math.max(wanted, smallest), LARGEST_SLICE)
  }
}

interface Slice {
  rows: WalkRow[]
  /** Entries of the index in it. */
  entries: number
  /** Its last entry; null when the walk ends in it. */
  end: Position | null
}

function* whole(walk: Walk, after: Position | null, size: number): Task<Slice> {
  const rows = (yield sliceCommand(walk, after, size)) as unknown as WalkRow[]
  const last = rows[size - 1]
  return { rows, entries: rows.length, end: last ? { key: last.key, row: last.id } : null }
}

/** Its end is found first: what is written between two commands is then in it or not, but no entry is met twice. */
function* sieved(walk: Walk, after: Position | null, size: number): Task<Slice> {
  const end = yield* skipWalk(walk, after, size)
  const entries = end ? size : yield* countWalk(walk, after, size)
  const rows = (yield sievedCommand(walk, walk.also!, after, end)) as unknown as WalkRow[]
  return { rows, entries, end }
}

/** Fetches the data of a large object; false when it was deleted since its slice. */
export function* ensureData(row: ObjectRow): Task<boolean> {
  if (row.data !== null) return true
  const found = yield* one<{ data: string }>('select data from objects where id = ?', row.id)
  row.data = found?.data ?? null
  return row.data !== null
}

/** Entries of the index in this walk, counted up to `limit`; the objects are not touched. */
export function* countWalk(walk: Walk, after: Position | null, limit: number): Task<number> {
  const { where, bindings } = condition(walk, after)
  const counted = yield* one<{ n: number }>(
    `select count(*) as n from (select 1 from ${SOURCES[walk.source].index} where ${where} limit ?) counted`,
    ...bindings,
    limit,
  )
  return Number(counted?.n ?? 0)
}

/** Position `rows` entries further on, or null when the walk ends before. */
export function* skipWalk(walk: Walk, after: Position | null, rows: number): Task<Position | null> {
  const { index, key, tie } = SOURCES[walk.source]
  const { where, bindings } = condition(walk, after)
  const found = yield* one<{ key: Key; row: number }>(
    `select ${key ?? 0} as key, ${tie} as row from ${index} where ${where} order by ${ordering(walk, key, tie)} limit 1 offset ?`,
    ...bindings,
    rows - 1,
  )
  return found ? { key: found.key, row: found.row } : null
}
