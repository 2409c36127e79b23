import type { Clock } from '@openzimki/core'
import { openPostgresStore } from './open-postgres-store.ts'
import { type OpenedStore, openSqliteStore } from './open-sqlite-store.ts'
import { isPostgresUrl } from './sql/postgres/connect-postgres.ts'

/** Opens the store where `location` says: behind a `postgres://` URL, or in a SQLite file of that name. */
export function openStore({ location, clock }: { location: string; clock: Clock }): Promise<OpenedStore> {
  if (isPostgresUrl(location)) return openPostgresStore({ url: location, clock })
  return openSqliteStore({ filename: location, clock })
}
