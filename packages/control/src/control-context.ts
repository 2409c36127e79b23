import type { Clock } from '@openzimki/core'
import type { Knex } from 'knex'

/** For the operator; never holds a secret or a customer's data. */
export type ControlLog = (
  level: 'info' | 'warn' | 'error',
  message: string,
  details?: Record<string, unknown>,
) => void

/** What every service needs. */
export interface ControlContext {
  db: Knex
  clock: Clock
  randomUUID: () => string
  log: ControlLog
}
