import type { BlobRefs } from './blob-refs.ts'
import type { ObjectStore } from './contract.ts'
import { SqlBlobRefs } from './engine/sql-blob-refs.ts'
import { SqlObjectStore } from './engine/sql-object-store.ts'
import { openSqliteDatabase, type SqliteOptions } from './sql/sqlite-database.ts'

export interface OpenedStore {
  objects: ObjectStore
  refs: BlobRefs
  /** Finishes what was accepted, then closes the file; the same as `objects.close()`. */
  close(): Promise<void>
}

/**
 * Opens or makes the database in one file (`:memory:` for none), and brings its schema to the newest version. The file
 * belongs to one process: a second one gets UNAVAILABLE. INTERNAL when the file is damaged or no database.
 */
export async function openSqliteStore(options: SqliteOptions): Promise<OpenedStore> {
  const database = await openSqliteDatabase(options)
  const objects = new SqlObjectStore(database, options.clock)
  return { objects, refs: new SqlBlobRefs(database), close: () => objects.close() }
}
