import { EventEmitter } from 'node:events'
import type { LogLine, Page } from '@openzimki/api'
import type { LogEntry } from '@openzimki/core'
import type { Knex } from 'knex'
import { cursorOf, type PageRequest } from '../database/read-page.ts'
import type { LogRow } from '../database/rows.ts'

/** Lines kept of a realm; older ones make room. */
export const LINES_PER_REALM = 10_000
/** Rows are trimmed when a realm has had this many new ones, not at each. */
const TRIM_EVERY = 1000
const MAX_TEXT_CHARS = 16 * 1024
/** SQLite takes so many bound values in one statement; seven columns a row. */
const ROWS_PER_INSERT = 100

const show = (row: LogRow): LogLine => ({
  id: String(row.seq),
  timeMs: row.time_ms,
  deployment: row.deployment,
  request: row.request,
  level: row.level,
  text: row.text,
})

/** A batch by its name; see LogBatch of the agent's protocol. */
export interface BatchName {
  machine: string
  source: string
  sequence: number
}

/** The logs of realms: a ring for each, in a database of its own, so that a talkative realm holds nobody else up. */
export class LogStore {
  readonly #db: Knex
  readonly #wallMs: () => number
  readonly #linesPerRealm: number
  readonly #sinceTrim = new Map<string, number>()
  readonly #news = new EventEmitter().setMaxListeners(0)

  constructor(db: Knex, wallMs: () => number, linesPerRealm = LINES_PER_REALM) {
    this.#db = db
    this.#wallMs = wallMs
    this.#linesPerRealm = linesPerRealm
  }

  async append(entries: readonly LogEntry[]): Promise<void> {
    const rows = entries.map(rowOf)
    await this.#db.transaction((transaction) => insert(transaction, rows))
    await this.#added(rows)
  }

  /** As `append`, unless a batch of this number or a later one of the same source is there already. */
  async appendOnce(name: BatchName, entries: readonly LogEntry[]): Promise<void> {
    const rows = entries.map(rowOf)
    const isNew = await this.#db.transaction(async (transaction) => {
      if (!(await markTaken(transaction, name, this.#wallMs()))) return false
      await insert(transaction, rows)
      return true
    })
    if (isNew) await this.#added(rows)
  }

  /** Forgets runs of agents that have sent nothing since. */
  async forgetSources(beforeMs: number): Promise<void> {
    await this.#db('log_sources').where('last_ms', '<', beforeMs).delete()
  }

  /** Oldest first; without a cursor the last `limit`. `next` is always there: new lines may come. */
  async page(
    realm: string,
    {
      limit,
      after,
      level,
      request,
    }: PageRequest & { level?: string | undefined; request?: string | undefined },
  ): Promise<Page<LogLine>> {
    const cursor = cursorOf(after)
    const query = this.#db<LogRow>('lines').where({ realm })
    if (level !== undefined) query.where({ level: level as LogRow['level'] })
    if (request !== undefined) query.where({ request })
    if (cursor !== null) query.where('seq', '>', cursor)
    const rows: LogRow[] = await query.orderBy('seq', cursor === null ? 'desc' : 'asc').limit(limit)
    if (cursor === null) rows.reverse()
    return { items: rows.map(show), next: String(rows.at(-1)?.seq ?? cursor ?? (await this.lastId())) }
  }

  /** The newest line of any realm, 0 without any: a cursor that means "from now on". */
  async lastId(): Promise<number> {
    const row: { last?: number | null } | undefined = await this.#db('lines').max({ last: 'seq' }).first()
    return row?.last ?? 0
  }

  /** Resolves when there is news of the realm, or `signal` fires. */
  changed(realm: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#news.off(realm, done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      this.#news.on(realm, done)
      signal.addEventListener('abort', done)
      if (signal.aborted) done()
    })
  }

  async #added(rows: readonly { realm: string }[]): Promise<void> {
    for (const [realm, count] of countBy(rows)) {
      await this.#trim(realm, count)
      this.#news.emit(realm)
    }
  }

  async deleteRealm(realm: string): Promise<void> {
    await this.#db('lines').where({ realm }).delete()
    this.#sinceTrim.delete(realm)
  }

  async #trim(realm: string, added: number): Promise<void> {
    // A realm not seen since the start may be full already.
    const since = (this.#sinceTrim.get(realm) ?? TRIM_EVERY) + added
    this.#sinceTrim.set(realm, since >= TRIM_EVERY ? 0 : since)
    if (since < TRIM_EVERY) return
    const [oldest]: { seq: number }[] = await this.#db('lines')
      .select('seq')
      .where({ realm })
      .orderBy('seq', 'desc')
      .offset(this.#linesPerRealm)
      .limit(1)
    if (oldest) await this.#db('lines').where({ realm }).where('seq', '<=', oldest.seq).delete()
  }
}

type NewRow = Omit<LogRow, 'seq'>

const rowOf = (entry: LogEntry): NewRow => ({
  realm: entry.realm,
  time_ms: Math.round(entry.timeMs),
  deployment: entry.deployment,
  request: entry.request,
  level: entry.level,
  text: entry.text.slice(0, MAX_TEXT_CHARS),
})

async function insert(db: Knex.Transaction, rows: readonly NewRow[]): Promise<void> {
  for (let start = 0; start < rows.length; start += ROWS_PER_INSERT) {
    await db('lines').insert(rows.slice(start, start + ROWS_PER_INSERT))
  }
}

/** False: it was taken before. */
async function markTaken(
  db: Knex.Transaction,
  { machine, source, sequence }: BatchName,
  nowMs: number,
): Promise<boolean> {
  const of = { machine, source }
  const row: { taken_to: number } | undefined = await db('log_sources').where(of).first()
  if (sequence <= (row?.taken_to ?? 0)) return false
  const value = { ...of, taken_to: sequence, last_ms: nowMs }
  await db('log_sources').insert(value).onConflict(['machine', 'source']).merge()
  return true
}

function countBy(rows: readonly { realm: string }[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { realm } of rows) counts.set(realm, (counts.get(realm) ?? 0) + 1)
  return counts
}
