import type { RealmKind, RealmLimits } from '@openzimki/core'

/** Where a warm cell takes streams: `unix:<path>` or `tcp:<host>:<port>`. */
export interface CellEndpoint {
  /** UUID of the cell. */
  id: string
  address: string
}

/** An entry point of a realm. */
export interface RouteKey {
  /** UUID. */
  id: string
  alias: string | null
  realm: string
  /** Stacks on error pages. */
  debug: boolean
}

export interface RouteRealm {
  /** UUID. */
  id: string
  account: string
  /** Live deployment, or null: nothing deployed yet. */
  deployment: string | null
  kind: RealmKind
  limits: RealmLimits
  /** `refused`: answered 503 with `reason` without asking a cell (quarantine, balance, operator). */
  state: 'live' | 'refused'
  reason: string | null
  /** Reachable under `/u/<key>/` too. */
  pathForm: boolean
  /** Cells in which the live deployment is loaded. Empty: demand it. */
  cells: CellEndpoint[]
}

/** What the gateway routes by: immutable, replaced whole. */
export interface RouteSnapshot {
  version: number
  /** `<alias>.<base domain>` is a realm's own origin; several bases are possible (`localhost`). */
  baseDomains: string[]
  /** By UUID and by alias. */
  keys: ReadonlyMap<string, RouteKey>
  /** Custom host name to key UUID. */
  domains: ReadonlyMap<string, string>
  realms: ReadonlyMap<string, RouteRealm>
}

/** Where a gateway gets its routes. Control implements it. */
export interface RouteSource {
  current(): RouteSnapshot
  /** Calls back after each new snapshot; returns the unsubscribe. */
  subscribe(onChange: (snapshot: RouteSnapshot) => void): () => void
  /**
   * Nothing is warm for this realm: resolves when `current()` has a cell for its live deployment. Concurrent calls for a
   * realm share one start. Rejects with the reason: SCRIPT_ERROR (its code fails to load), QUARANTINED, NO_CAPACITY, TIMEOUT.
   */
  demand(realm: string): Promise<void>
}
