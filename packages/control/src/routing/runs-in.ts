import type { Isolation } from '@openzimki/placement'

/** Where a realm may run, as its owner wants it; null: anywhere. */
export interface RunsIn {
  pool: string | null
  /** The weakest border that it may run behind. */
  isolation: Isolation | null
}

/** The same, and what the operator wants of its account. */
export interface PlaceRule extends RunsIn {
  floor: Isolation | null
}

export const ANYWHERE: RunsIn = { pool: null, isolation: null }
