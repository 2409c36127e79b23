import type { UsageRecord, UsageWindow } from '@openzimki/core'
import { AMOUNT_NAMES, groupUsage, parseUsageWindow, wholeAmounts } from '@openzimki/meter'
import type { Knex } from 'knex'
import type { ControlContext } from '../control-context.ts'
import { mapError } from '../database/map-error.ts'
import { AMOUNT_COLUMNS, toColumns } from './amount-columns.ts'
import { forgetSources, markCounted } from './counted-windows.ts'
import type { MachineRealms } from './machine-realms.ts'

export const HOUR_MS = 3_600_000
export const hourOf = (timeMs: number): number => Math.floor(timeMs / HOUR_MS) * HOUR_MS

/** Rows of a window that one statement takes: a busy machine reports hundreds each second, and a statement for each costs most of a millisecond. */
const ROWS_AT_ONCE = 100
/** More than this in a window is no measurement: it is hours of every CPU of the largest machine there is. */
const MAX_AMOUNT = 1e13

/** Counts usage windows exactly once, however often they are reported. */
export class UsageIntake {
  readonly #context: ControlContext
  readonly #machineRealms: MachineRealms

  constructor(context: ControlContext, machineRealms: MachineRealms) {
    this.#context = context
    this.#machineRealms = machineRealms
  }

  /**
   * On disk when it resolves. A window that is known already changes nothing. Rows of realms that the machine did not have then are
   * left out; the answer names those realms, each once. INVALID_ARGUMENT: not a window.
   */
  async report(machine: string, reported: unknown): Promise<{ refused: string[] }> {
    const window = parseUsageWindow(reported)
    const { rows, refused } = await this.#believed(machine, window)
    try {
      await this.#context.db.transaction(async (transaction) => {
        const { source, sequence } = window
        const name = { machine, source, sequence }
        const marked = await markCounted(transaction, name, this.#context.clock.nowMs())
        if (marked === 'new') await this.#add(transaction, window, rows)
      })
    } catch (error) {
      throw mapError(error)
    }
    return { refused }
  }

  /** Forgets what cannot be reported any more: cells and throw-away copies that are long gone. */
  async prune(beforeMs: number): Promise<void> {
    await forgetSources(this.#context.db, beforeMs)
    await this.#machineRealms.forgetCopies(beforeMs)
  }

  async #add(transaction: Knex.Transaction, window: UsageWindow, rows: UsageRecord[]): Promise<void> {
    const accounts = new Map(rows.map(({ realm, account }) => [realm, account]))
    const groups = groupUsage(rows, ['realm', 'key', 'function', 'outcome'])
    for (let start = 0; start < groups.length; start += ROWS_AT_ONCE) {
      const some = groups.slice(start, start + ROWS_AT_ONCE)
      const hours = await this.#openHours(transaction, some, window.startMs)
      await addRows(
        transaction,
        some.map(({ realm, key, function: name, outcome, ...amounts }) => {
          const labels = { account: accounts.get(realm), realm, key, function: name, outcome }
          return { ...labels, hour_ms: hours(realm), ...toColumns(wholeAmounts(amounts)) }
        }),
      )
    }
  }

  /** Of each realm the hour it was measured in, but never one that is signed and sealed, and never one to come. */
  async #openHours(
    transaction: Knex.Transaction,
    rows: { realm: string }[],
    startMs: number,
  ): Promise<(realm: string) => number> {
    const realms = [...new Set(rows.map(({ realm }) => realm))]
    const sealed: { realm: string; end: number }[] = await transaction('readings')
      .whereIn('realm', realms)
      .groupBy('realm')
      .select('realm')
      .max({ end: 'period_end_ms' })
    const ends = new Map(sealed.map(({ realm, end }) => [realm, end]))
    const hour = Math.min(hourOf(startMs), hourOf(this.#context.clock.nowMs()))
    return (realm) => Math.max(hour, ends.get(realm) ?? 0)
  }

  /** Rows that this machine may report, with the account we know, on the realm that a throw-away copy is of. */
  async #believed(machine: string, window: UsageWindow): Promise<{ rows: UsageRecord[]; refused: string[] }> {
    const rows: UsageRecord[] = []
    const refused = new Set<string>()
    for (const row of window.rows) {
      const booking = await this.#machineRealms.findAt(machine, row.realm, window)
      if (!booking) refused.add(row.realm)
      else if (AMOUNT_NAMES.every((name) => row[name] <= MAX_AMOUNT)) rows.push({ ...row, ...booking })
      else {
        const { realm } = row
        this.#context.log('warn', 'A machine reported more than can be measured', { machine, realm })
      }
    }
    return { rows, refused: [...refused] }
  }
}

/** Adds to what is there of the same realm, hour, function, key and outcome. */
async function addRows(transaction: Knex.Transaction, rows: object[]): Promise<void> {
  const sums = AMOUNT_COLUMNS.map(({ column }) => [
    column,
    transaction.raw('?? + ??', [`usage_hours.${column}`, `excluded.${column}`]),
  ])
  await transaction('usage_hours')
    .insert(rows)
    .onConflict(['realm', 'hour_ms', 'function', 'key', 'outcome'])
    .merge(Object.fromEntries(sums))
}
