import type { Knex } from 'knex'
import { orderTextByCodePoint } from './postgres/open-schema.ts'

/** All that differs between databases, in one place. Everything else is SQL that SQLite and PostgreSQL both speak. */
export interface Dialect {
  /** knex client. */
  client: string
  /**
   * The two index tables `terms (attribute_id, value, object_id)` and `numbers` (the same with a number): clustered by
   * their whole row, so they are their own covering index; text compares by code point.
   */
  createTermTables: string[]
  /** After each migration: what knex cannot say of the tables that it made. */
  afterMigration(knex: Knex): Promise<void>
}

export const sqliteDialect: Dialect = {
  client: 'better-sqlite3',
  createTermTables: [
    `create table terms (attribute_id integer not null, value text not null collate binary, object_id integer not null,
      primary key (attribute_id, value, object_id)) without rowid`,
    `create table numbers (attribute_id integer not null, value real not null, object_id integer not null,
      primary key (attribute_id, value, object_id)) without rowid`,
  ],
  afterMigration: async () => undefined,
}

export const postgresDialect: Dialect = {
  client: 'pg',
  createTermTables: [
    `create table terms (attribute_id bigint not null, value text collate "C" not null, object_id bigint not null,
      primary key (attribute_id, value, object_id))`,
    `create table numbers (attribute_id bigint not null, value double precision not null, object_id bigint not null,
      primary key (attribute_id, value, object_id))`,
  ],
  afterMigration: orderTextByCodePoint,
}
