import type { UsageRecord, UsageWindow } from '@openzimki/core'
import { groupUsage, parseUsageWindow, wholeAmounts } from '@openzimki/meter'
import type { Knex } from 'knex'
import type { ControlContext } from '../control-context.ts'
import { mapError } from '../database/map-error.ts'
import { AMOUNT_COLUMNS, toColumns } from './amount-columns.ts'
import type { MachineRealms } from './machine-realms.ts'

export const HOUR_MS = 3_600_000
export const hourOf = (timeMs: number): number => Math.floor(timeMs / HOUR_MS) * HOUR_MS

/** Counts usage windows exactly once, however often they are reported. */
export class UsageIntake {
  readonly #context: ControlContext
  readonly #machineRealms: MachineRealms

  constructor(context: ControlContext, machineRealms: MachineRealms) {
    this.#context = context
    this.#machineRealms = machineRealms
  }

  /**
   * On disk when it resolves. A window that is known already changes nothing. Rows of realms that the machine was never given
   * are left out and complained about: acknowledging them is the only way to be rid of them. INVALID_ARGUMENT: not a window.
   */
  async report(machine: string, reported: unknown): Promise<void> {
    const window = parseUsageWindow(reported)
    const rows = await this.#believed(machine, window)
    try {
      await this.#context.db.transaction(async (transaction) => {
        if (await this.#isNew(transaction, machine, window)) await this.#add(transaction, window, rows)
      })
    } catch (error) {
      throw mapError(error)
    }
  }

  /** Forgets which windows were counted before this; their cells are long gone. */
  async prune(beforeMs: number): Promise<void> {
    await this.#context.db('usage_windows').where('received_at_ms', '<', beforeMs).delete()
  }

  async #isNew(
    transaction: Knex.Transaction,
    machine: string,
    { source, sequence }: UsageWindow,
  ): Promise<boolean> {
    const known = await transaction('usage_windows').where({ source, sequence }).first()
    if (known) return false
    const received_at_ms = this.#context.clock.nowMs()
    await transaction('usage_windows').insert({ source, sequence, machine, received_at_ms })
    return true
  }

  async #add(transaction: Knex.Transaction, window: UsageWindow, rows: UsageRecord[]): Promise<void> {
    for (const row of groupUsage(rows, ['account', 'realm', 'key', 'function', 'outcome'])) {
      const { account, realm, key, function: name, outcome } = row
      const hour_ms = await this.#openHour(transaction, realm, window.startMs)
      const sums = AMOUNT_COLUMNS.map(({ column }) => [
        column,
        transaction.raw('?? + ??', [`usage_hours.${column}`, `excluded.${column}`]),
      ])
      await transaction('usage_hours')
        .insert({ account, realm, key, function: name, outcome, hour_ms, ...toColumns(wholeAmounts(row)) })
        .onConflict(['realm', 'hour_ms', 'function', 'key', 'outcome'])
        .merge(Object.fromEntries(sums))
    }
  }

  /** The hour it was measured in, but never one that is signed and sealed, and never one to come. */
  async #openHour(transaction: Knex.Transaction, realm: string, startMs: number): Promise<number> {
    const sealed: { end?: number | null } | undefined = await transaction('readings')
      .where({ realm })
      .max({ end: 'period_end_ms' })
      .first()
    return Math.max(Math.min(hourOf(startMs), hourOf(this.#context.clock.nowMs())), sealed?.end ?? 0)
  }

  /** Rows that this machine may report, with the account we know, on the realm that a throw-away copy is of. */
  async #believed(machine: string, window: UsageWindow): Promise<UsageRecord[]> {
    const rows: UsageRecord[] = []
    for (const row of window.rows) {
      const booking = await this.#machineRealms.find(machine, row.realm)
      if (booking) {
        rows.push({ ...row, ...booking })
        continue
      }
      this.#context.log('warn', 'A machine reported usage of a realm that it never had', {
        machine,
        realm: row.realm,
      })
    }
    return rows
  }
}
