import {
  connectPostgres,
  DURABLE,
  openSchema,
  orderTextByCodePoint,
  timeouts,
} from '@openzimki/store/postgres'
import type { Knex } from 'knex'
import type { DatabaseOptions } from './database-options.ts'
import { mapError } from './map-error.ts'
import { migrate } from './migrations.ts'

const STATEMENT_MS = 30_000
/** Beyond what the server itself allows a statement. */
const ANSWER_MS = 45_000

/** Schema of PostgreSQL that holds one of control's databases. */
export const postgresSchema = (schema: DatabaseOptions['schema']): string => `zimki_${schema}`

/**
 * As with SQLite there is one connection, so that changes and what they were decided by are one after the other; and whoever has it holds the
 * lease, so that no other platform writes meanwhile.
 */
export async function openPostgres({ location, schema, synchronous, lease }: DatabaseOptions): Promise<Knex> {
  const place = { url: location, schema: postgresSchema(schema) }
  try {
    await lease?.wait(place)
    await openSchema(place, (knex) => migrate(knex, schema, orderTextByCodePoint))
    const db = connectPostgres({
      ...{ ...place, connections: 1, name: `zimki ${schema}`, answerMs: ANSWER_MS },
      settings: [DURABLE, timeouts(STATEMENT_MS), `set synchronous_commit = ${DURABILITY[synchronous]}`].join(
        ';',
      ),
      ...(lease ? { onConnect: (client) => lease.hold(client) } : {}),
    })
    await db.raw('select 1').catch(async (error) => {
      await db.destroy()
      throw error
    })
    return db
  } catch (error) {
    throw mapError(error)
  }
}

const DURABILITY = { FULL: 'on', NORMAL: 'off' } as const
