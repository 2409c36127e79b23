import type { Clock } from '@openzimki/core'
import { SqlBlobRefs } from './engine/sql-blob-refs.ts'
import { SqlObjectStore } from './engine/sql-object-store.ts'
import type { OpenedStore } from './open-sqlite-store.ts'
import { openPostgresDatabase } from './sql/postgres/postgres-database.ts'

/** Schema of the store's tables. */
export const STORE_SCHEMA = 'zimki_store'

/**
 * Opens or makes the store in a PostgreSQL database, and brings its schema to the newest version. Any number of processes may open the same.
 * UNAVAILABLE when it cannot be reached; INVALID_ARGUMENT when the server cannot keep what the contract promises.
 */
export async function openPostgresStore(options: {
  /** `postgres://user:password@host:port/database` */
  url: string
  schema?: string
  clock: Clock
}): Promise<OpenedStore> {
  const { url, schema = STORE_SCHEMA, clock } = options
  const database = await openPostgresDatabase({ url, schema })
  const objects = new SqlObjectStore(database, clock)
  return { objects, refs: new SqlBlobRefs(database), close: () => objects.close() }
}
