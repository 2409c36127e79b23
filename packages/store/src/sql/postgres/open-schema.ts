import { createHash } from 'node:crypto'
import { PlatformError } from '@openzimki/core'
import type { Knex } from 'knex'
import { connectPostgres, DURABLE } from './connect-postgres.ts'

/** Oldest release that the tests have seen, and what our SQL needs. */
const OLDEST_VERSION = 130_000
const SCHEMA_NAME = /^[a-z][a-z0-9_]{0,62}$/

/** The same for every process and every release: whoever locks the same name excludes each other, in one database. */
export const lockKey = (name: string): string =>
  createHash('sha256').update(`openzimki ${name}`).digest().readBigInt64BE().toString()

/**
 * Makes the schema where it is missing and runs `migrate` in it; one process at a time. INVALID_ARGUMENT for a server on which the
 * store's promises cannot be kept.
 */
export async function openSchema(
  { url, schema }: { url: string; schema: string },
  migrate: (knex: Knex) => Promise<void>,
): Promise<void> {
  if (!SCHEMA_NAME.test(schema))
    throw new PlatformError('INVALID_ARGUMENT', 'a schema is named in lower case')
  // One connection, so that all of this happens in the session that holds the lock; the lock goes with it, however it ends.
  const knex = connectPostgres({ url, schema, connections: 1, name: 'zimki migration', settings: DURABLE })
  try {
    await requireServer(knex)
    await knex.raw('select pg_advisory_lock(?::bigint)', [lockKey(`migrate ${schema}`)])
    const { rows } = await knex.raw('select 1 from pg_namespace where nspname = ?', [schema])
    if (rows.length === 0) await knex.raw('create schema ??', [schema])
    await migrate(knex)
  } finally {
    await knex.destroy()
  }
}

async function requireServer(knex: Knex): Promise<void> {
  const { rows } = await knex.raw(
    `select current_setting('server_version_num')::int as version, current_setting('server_encoding') as encoding,
      current_setting('fsync') as fsync`,
  )
  const { version, encoding, fsync } = rows[0] as { version: number; encoding: string; fsync: string }
  if (version < OLDEST_VERSION) throw unfit('it is older than PostgreSQL 13')
  if (encoding !== 'UTF8')
    throw unfit(
      `its encoding is ${encoding}; create one with "createdb --encoding UTF8 --template template0"`,
    )
  if (fsync !== 'on')
    throw unfit('the server runs with fsync = off, so that what it acknowledges may be lost. Set it on')
}

const unfit = (why: string): PlatformError =>
  new PlatformError('INVALID_ARGUMENT', `the database cannot hold the platform's state: ${why}`)

/**
 * Columns of text in the order of their code points, whatever the database's own language; as SQLite has it. For new tables: it is at
 * once while they are empty.
 */
export async function orderTextByCodePoint(knex: Knex): Promise<void> {
  const { rows } = await knex.raw(
    `select table_name, column_name from information_schema.columns
      where table_schema = current_schema() and data_type = 'text' and collation_name is null and table_name not like 'knex%'`,
  )
  for (const { table_name, column_name } of rows as { table_name: string; column_name: string }[]) {
    await knex.raw('alter table ?? alter column ?? type text collate "C"', [table_name, column_name])
  }
}
