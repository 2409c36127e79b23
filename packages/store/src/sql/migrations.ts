import type { Knex } from 'knex'
import type { Dialect } from './dialect.ts'
import { migrateForward } from './migrate-forward.ts'

interface Migration {
  name: string
  up(knex: Knex, dialect: Dialect): Promise<void>
}

/** In order; a name never changes once released, and none is ever removed. */
const MIGRATIONS: Migration[] = [{ name: '001-objects', up: createObjects }]

async function createObjects(knex: Knex, dialect: Dialect): Promise<void> {
  await knex.schema.createTable('realms', (table) => {
    table.bigIncrements('id')
    table.text('name').notNullable().unique()
    table.bigInteger('epoch').notNullable()
    table.bigInteger('sequence').notNullable()
    table.bigInteger('blob_bytes').notNullable()
  })
  await knex.schema.createTable('classes', (table) => {
    table.bigIncrements('id')
    table.bigInteger('realm_id').notNullable()
    table.text('name').notNullable()
    table.bigInteger('objects').notNullable()
    table.bigInteger('bytes').notNullable()
    table.unique(['realm_id', 'name'])
  })
  await knex.schema.createTable('attributes', (table) => {
    table.bigIncrements('id')
    table.bigInteger('class_id').notNullable()
    table.text('name').notNullable()
    table.unique(['class_id', 'name'])
  })
  await createObjectTable(knex)
  for (const sql of dialect.createTermTables) await knex.raw(sql)
  await createJournal(knex)
}

async function createObjectTable(knex: Knex): Promise<void> {
  await knex.schema.createTable('objects', (table) => {
    table.bigIncrements('id')
    table.bigInteger('class_id').notNullable()
    table.text('uuid').notNullable()
    table.text('data').notNullable()
    table.bigInteger('bytes').notNullable()
    table.text('created_at').notNullable()
    table.bigInteger('version').notNullable()
    table.bigInteger('expires_ms')
    table.unique(['class_id', 'uuid'])
    table.index(['class_id', 'id'])
    table.index(['class_id', 'created_at', 'id'])
  })
  // Only objects that expire are in these two.
  await knex.raw('create index objects_expiry on objects (expires_ms) where expires_ms is not null')
  await knex.raw(
    'create index objects_class_expiry on objects (class_id, expires_ms) where expires_ms is not null',
  )
}

async function createJournal(knex: Knex): Promise<void> {
  await knex.schema.createTable('journal', (table) => {
    table.bigInteger('realm_id').notNullable()
    table.bigInteger('sequence').notNullable()
    table.bigInteger('epoch').notNullable()
    table.bigInteger('time_ms').notNullable()
    table.text('operations').notNullable()
    table.unique(['realm_id', 'sequence'])
  })
  await knex.schema.createTable('blob_refs', (table) => {
    table.bigInteger('realm_id').notNullable()
    table.text('digest').notNullable()
    table.bigInteger('size').notNullable()
    table.unique(['realm_id', 'digest'])
    table.index(['digest'])
  })
  // Deleted classes and realms, whose rows are still to be removed, a slice at a time.
  await knex.schema.createTable('doomed', (table) => {
    table.bigIncrements('id')
    table.text('kind').notNullable()
    table.bigInteger('target_id').notNullable()
  })
}

/** Brings the schema to the newest version. UNSUPPORTED: as migrateForward. */
export function migrate(knex: Knex, dialect: Dialect): Promise<void> {
  const steps = MIGRATIONS.map(({ name, up }) => ({
    name,
    up: async (db: Knex) => {
      await up(db, dialect)
      await dialect.afterMigration(db)
    },
  }))
  return migrateForward(knex, steps)
}
