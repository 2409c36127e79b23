import type { Lease } from './lease.ts'

export interface DatabaseOptions {
  /** A SQLite file, or the `postgres://` URL of a database, in which each schema is one of its own. */
  location: string
  schema: 'control' | 'logs'
  /** FULL: each commit is on disk before it is acknowledged. NORMAL: a power cut may lose the last commits, never the file. */
  synchronous: 'FULL' | 'NORMAL'
  /** In PostgreSQL: held by every connection that is used. A SQLite file belongs to whoever holds its folder. */
  lease?: Lease
}
