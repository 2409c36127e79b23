import type { Knex } from 'knex'
import type { Caller } from '../caller.ts'
import type { ControlContext } from '../control-context.ts'
import { mapError } from './map-error.ts'

export interface AuditEntry {
  caller: Caller
  /** `noun.verb` */
  action: string
  /** Id of what is changed. */
  target: string
  /** Never a secret. */
  details?: Record<string, unknown>
}

/**
 * One change: `work` and one audit row in one transaction, on disk before it resolves. `work` must use the transaction it
 * is given and nothing else, because there is one connection.
 */
export async function change<T>(
  { db, clock }: Pick<ControlContext, 'db' | 'clock'>,
  entry: AuditEntry,
  work: (transaction: Knex.Transaction) => Promise<T>,
): Promise<T> {
  try {
    return await db.transaction(async (transaction) => {
      const result = await work(transaction)
      await transaction('audit').insert({
        time_ms: clock.nowMs(),
        account: entry.caller.account,
        actor: entry.caller.name,
        action: entry.action,
        target: entry.target,
        details: JSON.stringify(entry.details ?? {}),
      })
      return result
    })
  } catch (error) {
    throw mapError(error)
  }
}
