import type { Isolation } from '@openzimki/placement'

/** Where a realm may run; null: anywhere. */
export interface RunsIn {
  pool: string | null
  /** The weakest border that it may run behind. */
  isolation: Isolation | null
}

export const ANYWHERE: RunsIn = { pool: null, isolation: null }
