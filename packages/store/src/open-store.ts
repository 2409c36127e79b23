import type { Clock, PlatformError } from '@openzimki/core'
import { openPostgresStore } from './open-postgres-store.ts'
import { type OpenedStore, openSqliteStore } from './open-sqlite-store.ts'
import { isPostgresUrl } from './sql/postgres/connect-postgres.ts'

export interface StoreOptions {
  /** A `postgres://` URL, or the name of a SQLite file. */
  location: string
  clock: Clock
  /** Of a SQLite file: the disk has failed to confirm a write, and everything is refused from here on. Open the store anew. */
  onLost?: (error: PlatformError) => void
}

/** Opens the store where `location` says. */
export function openStore({ location, clock, onLost }: StoreOptions): Promise<OpenedStore> {
  if (isPostgresUrl(location)) return openPostgresStore({ url: location, clock })
  return openSqliteStore({ filename: location, clock, ...(onLost ? { onLost } : {}) })
}
