import type { RealmKind } from '@openzimki/core'
import type { Isolation } from '@openzimki/placement'

/** Rows as SQLite gives them: booleans are 0 or 1, structured values are JSON text. `seq` is insertion order. */

export interface AccountRow {
  seq: number
  id: string
  name: string
  role: 'customer' | 'operator'
  state: 'active' | 'suspended'
  trusted: number
  created_at_ms: number
}

export interface TokenRow {
  seq: number
  id: string
  account: string
  name: string
  /** SHA-256 of the token's text, hex. */
  hash: string
  created_at_ms: number
  expires_at_ms: number | null
  last_used_at_ms: number | null
}

export interface RealmRow {
  seq: number
  id: string
  account: string
  name: string
  deployment: string | null
  /** Why the operator refuses it. */
  refused: string | null
  path_form: number
  limits: string
  /** Where it may run; null: anywhere. */
  pool: string | null
  isolation: Isolation | null
  created_at_ms: number
}

export interface DeploymentRow {
  seq: number
  realm: string
  id: string
  kind: RealmKind
  limits: string
  env: string
  files: number
  bytes: number
  created_by: string
  created_at_ms: number
  live_at_ms: number | null
  live_order: number | null
}

export interface KeyRow {
  seq: number
  id: string
  realm: string
  name: string | null
  alias: string | null
  debug: number
  created_at_ms: number
  revoked_at_ms: number | null
}

export interface DomainRow {
  seq: number
  host: string
  realm: string
  key: string
  created_at_ms: number
}

export interface SecretRow {
  seq: number
  realm: string
  name: string
  sealed: string
  updated_at_ms: number
}

export interface MachineRow {
  seq: number
  id: string
  /** SHA-256 of the join token, hex. */
  join_hash: string
  join_expires_at_ms: number
  /** The key of its agent, once one has joined. */
  public_key: string | null
  /** Why it is to be replaced although it works. */
  condemned: string | null
  /** Null: the first pool, or somebody else starts it. */
  pool: string | null
  /** Of the platform that launched it. */
  release: string | null
  /** Why it is to be emptied although it is trusted. */
  leaving: string | null
  /** Which start of it the key is of; null: its infrastructure starts it once. */
  incarnation: string | null
  /** It is kept prepared, and was not started. */
  prepared: number
  created_at_ms: number
}

export interface AuditRow {
  seq: number
  time_ms: number
  account: string | null
  actor: string
  action: string
  target: string
  /** JSON text. */
  details: string
}

export interface LogRow {
  seq: number
  realm: string
  time_ms: number
  deployment: string
  request: string | null
  level: 'debug' | 'info' | 'warn' | 'error'
  text: string
}
