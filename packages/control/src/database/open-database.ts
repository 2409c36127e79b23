import type BetterSqlite3 from 'better-sqlite3'
import knexModule, { type Knex } from 'knex'
import { migrate } from './migrations.ts'

export interface DatabaseOptions {
  filename: string
  schema: 'control' | 'logs'
  /** FULL: each commit is on disk before it is acknowledged. NORMAL: a power cut may lose the last commits, never the file. */
  synchronous: 'FULL' | 'NORMAL'
}

/** Opens a SQLite file through knex and brings it to the newest schema. */
export async function openDatabase({ filename, schema, synchronous }: DatabaseOptions): Promise<Knex> {
  const db = knexModule({
    client: 'better-sqlite3',
    connection: { filename },
    useNullAsDefault: true,
    pool: {
      min: 1,
      max: 1,
      afterCreate: (connection: BetterSqlite3.Database, done: (error: unknown, c: unknown) => void) => {
        try {
          connection.pragma('journal_mode = WAL')
          connection.pragma(`synchronous = ${synchronous}`)
          connection.pragma('foreign_keys = ON')
          done(null, connection)
        } catch (error) {
          done(error, connection)
        }
      },
    },
  })
  try {
    await migrate(db, schema)
    return db
  } catch (error) {
    await db.destroy()
    throw error
  }
}
