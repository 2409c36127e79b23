import { isPostgresUrl } from '@openzimki/store/postgres'
import type BetterSqlite3 from 'better-sqlite3'
import knexModule, { type Knex } from 'knex'
import type { DatabaseOptions } from './database-options.ts'
import { keepStatements } from './keep-statements.ts'
import { migrate } from './migrations.ts'
import { openPostgres } from './open-postgres.ts'

/** Opens the database through knex and brings it to the newest schema. UNAVAILABLE, INVALID_ARGUMENT: why it cannot be. */
export async function openDatabase(options: DatabaseOptions): Promise<Knex> {
  return isPostgresUrl(options.location) ? openPostgres(options) : openSqlite(options)
}

async function openSqlite({ location, schema, synchronous }: DatabaseOptions): Promise<Knex> {
  const db = knexModule({
    client: 'better-sqlite3',
    connection: { filename: location },
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
    const connection = (await db.client.acquireConnection()) as BetterSqlite3.Database
    keepStatements(connection)
    await db.client.releaseConnection(connection)
    return db
  } catch (error) {
    await db.destroy()
    throw error
  }
}
