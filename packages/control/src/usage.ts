import type { UsageRow } from '@openzimki/api'
import type { Knex } from 'knex'
import type { Caller } from './caller.ts'
import type { ControlContext } from './control-context.ts'
import { cursorOf, type PageRequest } from './database/read-page.ts'
import { requireRealm } from './find-realm.ts'
import { AMOUNT_COLUMNS, fromColumns } from './metering/amount-columns.ts'
import { HOUR_MS, hourOf } from './metering/usage-intake.ts'

export type UsageGrouping = 'function' | 'key' | 'hour'

const DEFAULT_PERIOD_MS = 30 * 24 * HOUR_MS
const READINGS_PAGE = 100
const COLUMN_OF = { function: 'function', key: 'key', hour: 'hour_ms' } as const

type Amounts = Omit<UsageRow, 'group' | 'alias'>

/** What realms used. */
export class UsageService {
  readonly #context: ControlContext
  readonly #provider: { name: string; publicKeyPem: string }

  constructor(context: ControlContext, provider: { name: string; publicKeyPem: string }) {
    this.#context = context
    this.#provider = provider
  }

  /** Sums in whole hours: `from` is rounded down, `to` up. What was measured in the last second may be missing yet. */
  async get(
    caller: Caller,
    reference: string,
    input: PageRequest & { by: UsageGrouping; from?: number | undefined; to?: number | undefined },
  ) {
    const { db, clock } = this.#context
    const realm = await requireRealm(db, caller, reference)
    const toMs = hourOf((input.to ?? clock.nowMs() + 1) + HOUR_MS - 1)
    const fromMs = hourOf(input.from ?? Math.max(0, toMs - DEFAULT_PERIOD_MS))
    const period = db('usage_hours')
      .where({ realm: realm.id })
      .where('hour_ms', '>=', fromMs)
      .where('hour_ms', '<', toMs)
    const offset = cursorOf(input.after) ?? 0
    const column = COLUMN_OF[input.by]
    const rows: Record<string, unknown>[] = await sums(db, period.clone())
      .select({ group: column })
      .groupBy(column)
      .orderBy(input.by === 'hour' ? [{ column }] : [{ column: 'cpu_ns', order: 'desc' }, { column }])
      .offset(offset)
      .limit(input.limit + 1)
    const [totals = {}]: Record<string, unknown>[] = await sums(db, period.clone())
    const aliases = input.by === 'key' ? await this.#aliases(realm.id) : new Map<string, string | null>()
    return {
      realm: realm.id,
      by: input.by,
      fromMs,
      toMs,
      items: rows.slice(0, input.limit).map((row): UsageRow => {
        const group = input.by === 'hour' ? new Date(Number(row.group)).toISOString() : String(row.group)
        return { group, alias: aliases.get(group) ?? null, ...amounts(row) }
      }),
      next: rows.length > input.limit ? String(offset + input.limit) : null,
      totals: amounts(totals),
    }
  }

  /** Signed readings as JSON Lines, oldest first, with no more than a page in memory. */
  async readings(
    caller: Caller,
    reference: string,
    { from, to }: { from?: number | undefined; to?: number | undefined },
  ): Promise<AsyncIterable<string>> {
    const realm = await requireRealm(this.#context.db, caller, reference)
    return this.#readingLines(realm.id, from ?? 0, to ?? Number.MAX_SAFE_INTEGER)
  }

  providerKey(): { provider: string; publicKeyPem: string } {
    return { provider: this.#provider.name, publicKeyPem: this.#provider.publicKeyPem }
  }

  async *#readingLines(realm: string, fromMs: number, toMs: number): AsyncGenerator<string> {
    let after = 0
    for (;;) {
      const rows: { sequence: number; line: string }[] = await this.#context
        .db('readings')
        .where({ realm })
        .where('period_end_ms', '>', fromMs)
        .where('period_start_ms', '<', toMs)
        .where('sequence', '>', after)
        .orderBy('sequence')
        .limit(READINGS_PAGE)
      for (const { line } of rows) yield line
      const last = rows.at(-1)
      if (!last || rows.length < READINGS_PAGE) return
      after = last.sequence
    }
  }

  async #aliases(realm: string): Promise<Map<string, string | null>> {
    const rows: { id: string; alias: string | null }[] = await this.#context.db('keys').where({ realm })
    return new Map(rows.map(({ id, alias }) => [id, alias]))
  }
}

function sums(db: Knex, query: Knex.QueryBuilder): Knex.QueryBuilder {
  for (const { column } of AMOUNT_COLUMNS) query.sum({ [column]: column })
  return query.select(db.raw("sum(case when outcome = 'ok' then 0 else requests end) as errors"))
}

const amounts = (row: Record<string, unknown>): Amounts => ({
  ...fromColumns(row),
  errors: Number(row.errors ?? 0),
})
