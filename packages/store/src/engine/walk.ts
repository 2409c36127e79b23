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

/**
 * Those of the entries up to `until` (null: the end) that are at the points of `also` too, `limit` at most: their objects, or only where they are.
 * The walk's own order is theirs, so that the database need not sort and stops at the last one.
 */
function sievedCommand(
  walk: Walk,
  after: Position | null,
  until: Position | null,
  gives: 'objects' | 'positions',
  limit: number,
): Command {
  const points = walk.also ?? []
  const { index, objects, key, tie } = SOURCES[walk.source]
  const { where, bindings } = condition(walk, after, until)
  const joins = points.map(({ source }, n) => `cross join ${source} p${n}`)
  const at = points.map((_, n) => `p${n}.attribute_id = ? and p${n}.value = ? and p${n}.object_id = ${tie}`)
  if (gives === 'objects' && objects) {
    joins.push('cross join objects o')
    at.push(`o.id = ${tie}`)
  }
  return {
    sql: `select ${key ?? 0} as key, ${gives === 'objects' ? OBJECT_COLUMNS : `${tie} as row`} from ${index} ${joins.join(' ')}
      where ${[where, ...at].join(' and ')} order by ${ordering(walk, key, tie)} limit ?`,
    bindings: [...bindings, ...points.flatMap((point) => [point.owner, point.at]), limit],
  }
}

export interface WalkOptions {
  after?: Position | null
  /** Rows come with their data, large ones too. */
  needsData: boolean
  firstSlice?: number
  /** How many rows to take next when so many have been seen; default: twice as many as the last time. */
  nextSlice?: (seen: number) => number
  /** How many of those that are at the points of `also` are still of use; default: all. */
  wanted?: () => number
}

/** Walks rows in order until `visit` returns true. `seen`: entries walked over, those too that `also` passed over. */
export function* walkRows(
  walk: Walk,
  options: WalkOptions,
  visit: (row: WalkRow) => boolean,
): Task<{ seen: number; stopped: boolean }> {
  let after = options.after ?? null
  let size = Math.min(options.firstSlice ?? FIRST_SLICE, LARGEST_SLICE)
  let seen = 0
  for (;;) {
    const slice: Slice = yield* walk.also?.length
      ? sieved(walk, after, options.wanted?.())
      : whole(walk, after, size)
    for (const row of slice.rows) {
      if (options.needsData && !(yield* ensureData(row))) continue
      if (visit(row)) return { seen, stopped: true }
    }
    seen += slice.entries ?? (yield* countWalk(walk, after, LARGEST_SLICE, slice.end))
    if (!slice.end) return { seen, stopped: false }
    after = slice.end
    const wanted = Math.ceil(options.nextSlice?.(seen) ?? size * 2)
    size = Math.min(Math.max(wanted, SMALLEST_SLICE), LARGEST_SLICE)
  }
}

interface Slice {
  rows: WalkRow[]
  /** Entries of the index in it; null: not counted. */
  entries: number | null
  /** Its last entry; null when the walk ends in it. */
  end: Position | null
}

function* whole(walk: Walk, after: Position | null, size: number): Task<Slice> {
  const rows = (yield sliceCommand(walk, after, size)) as unknown as WalkRow[]
  const last = rows[size - 1]
  return { rows, entries: rows.length, end: last ? { key: last.key, row: last.id } : null }
}

/** Its end is found first: what is written between two commands is then in it or not, but no entry is met twice. */
function* sieved(walk: Walk, after: Position | null, wanted: number = MOST_IN_SLICE): Task<Slice> {
  const limit = Math.min(Math.max(wanted, SMALLEST_SLICE), MOST_IN_SLICE)
  const end = yield* skipWalk(walk, after, LARGEST_SLICE)
  const rows = (yield sievedCommand(walk, after, end, 'objects', limit)) as unknown as WalkRow[]
  const last = rows[limit - 1]
  if (last) return { rows, entries: null, end: { key: last.key, row: last.id } }
  return { rows, entries: end ? LARGEST_SLICE : null, end }
}

/** Fetches the data of a large object; false when it was deleted since its slice. */
export function* ensureData(row: ObjectRow): Task<boolean> {
  if (row.data !== null) return true
  const found = yield* one<{ data: string }>('select data from objects where id = ?', row.id)
  row.data = found?.data ?? null
  return row.data !== null
}

/** Entries of the index in this walk (up to `until`, where given), counted up to `limit`; the objects are not touched. */
export function* countWalk(
  walk: Walk,
  after: Position | null,
  limit: number,
  until: Position | null = null,
): Task<number> {
  const { where, bindings } = condition(walk, after, until)
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

/** A walk that has passed over `rows` results, and over `seen` entries for them. */
export interface Skipped {
  position: Position | null
  rows: number
  seen: number
}

export const NOTHING_SKIPPED: Skipped = { position: null, rows: 0, seen: 0 }

/** Entries that one command skips; about a millisecond. */
const SKIP = 20_000

/** Passes over the first `rows` entries, or fewer where the walk ends before, looking at none of them. */
export function* skipEntries(walk: Walk, rows: number): Task<Skipped> {
  let skipped = NOTHING_SKIPPED
  while (skipped.rows < rows) {
    const step = Math.min(SKIP, rows - skipped.rows)
    const position = yield* skipWalk(walk, skipped.position, step)
    if (!position) break
    skipped = { position, rows: skipped.rows + step, seen: skipped.seen + step }
  }
  return skipped
}

/** The same of the entries that are at the points of `also` too: no object is read. */
export function* skipSieved(walk: Walk, rows: number): Task<Skipped> {
  let skipped = NOTHING_SKIPPED
  for (;;) {
    const { position, seen } = skipped
    const missing = rows - skipped.rows
    const end = yield* skipWalk(walk, position, LARGEST_SLICE)
    const found = (yield sievedCommand(walk, position, end, 'positions', missing)) as unknown as Position[]
    const last = found[missing - 1]
    if (last)
      return { position: last, rows, seen: seen + (yield* countWalk(walk, position, LARGEST_SLICE, last)) }
    if (!end) return skipped
    skipped = { position: end, rows: skipped.rows + found.length, seen: seen + LARGEST_SLICE }
  }
}
