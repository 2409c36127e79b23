import { type MigrationStep, migrateForward } from '@openzimki/store/postgres'
import type { Knex } from 'knex'

const CONTROL_STEPS: MigrationStep[] = [
  { name: '001-nouns', up: createNouns },
  { name: '002-machines', up: createMachines },
  { name: '003-usage', up: createUsage },
  { name: '004-usage-sources', up: createUsageSources },
  { name: '005-machine-keys', up: addMachineKeys },
  { name: '006-pools', up: addPools },
  { name: '007-machine-starts', up: addMachineStarts },
  { name: '008-leases', up: createLeases },
  { name: '009-prepared-machines', up: addPreparedMachines },
]

async function createNouns(db: Knex): Promise<void> {
  await db.schema.createTable('accounts', (table) => {
    table.bigIncrements('seq')
    table.text('id').notNullable().unique()
    table.text('name').notNullable()
    table.text('role').notNullable()
    table.text('state').notNullable()
    table.boolean('trusted').notNullable()
    table.bigInteger('created_at_ms').notNullable()
  })
  await db.schema.createTable('tokens', (table) => {
    table.bigIncrements('seq')
    table.text('id').notNullable().unique()
    table.text('account').notNullable().index()
    table.text('name').notNullable()
    table.text('hash').notNullable().unique()
    table.bigInteger('created_at_ms').notNullable()
    table.bigInteger('expires_at_ms')
    table.bigInteger('last_used_at_ms')
  })
  await createRealms(db)
  await createRealmParts(db)
  await db.schema.createTable('audit', (table) => {
    table.bigIncrements('seq')
    table.bigInteger('time_ms').notNullable()
    table.text('account')
    table.text('actor').notNullable()
    table.text('action').notNullable()
    table.text('target').notNullable()
    table.text('details').notNullable()
  })
}

async function createRealms(db: Knex): Promise<void> {
  await db.schema.createTable('realms', (table) => {
    table.bigIncrements('seq')
    table.text('id').notNullable().unique()
    table.text('account').notNullable()
    table.text('name').notNullable().index()
    table.text('deployment')
    table.text('refused')
    table.boolean('path_form').notNullable()
    table.text('limits').notNullable()
    table.bigInteger('created_at_ms').notNullable()
    table.unique(['account', 'name'])
  })
  await db.schema.createTable('deployments', (table) => {
    table.bigIncrements('seq')
    table.text('realm').notNullable()
    table.text('id').notNullable()
    table.text('kind').notNullable()
    table.text('limits').notNullable()
    table.text('env').notNullable()
    table.bigInteger('files').notNullable()
    table.bigInteger('bytes').notNullable()
    table.text('created_by').notNullable()
    table.bigInteger('created_at_ms').notNullable()
    table.bigInteger('live_at_ms')
    /** Order in which deployments went live, so that a rollback finds the one before. */
    table.bigInteger('live_order')
    table.unique(['realm', 'id'])
  })
  await db.schema.createTable('deployment_blobs', (table) => {
    table.text('realm').notNullable()
    table.text('deployment').notNullable()
    table.text('digest').notNullable()
    table.primary(['realm', 'digest', 'deployment'])
  })
}

async function createRealmParts(db: Knex): Promise<void> {
  await db.schema.createTable('keys', (table) => {
    table.bigIncrements('seq')
    table.text('id').notNullable().unique()
    table.text('realm').notNullable().index()
    table.text('name')
    table.text('alias').unique()
    table.boolean('debug').notNullable()
    table.bigInteger('created_at_ms').notNullable()
    table.bigInteger('revoked_at_ms')
  })
  await db.schema.createTable('domains', (table) => {
    table.bigIncrements('seq')
    table.text('host').notNullable().unique()
    table.text('realm').notNullable().index()
    table.text('key').notNullable().index()
    table.bigInteger('created_at_ms').notNullable()
  })
  await db.schema.createTable('secrets', (table) => {
    table.bigIncrements('seq')
    table.text('realm').notNullable()
    table.text('name').notNullable()
    table.text('sealed').notNullable()
    table.bigInteger('updated_at_ms').notNullable()
    table.unique(['realm', 'name'])
  })
  // Realms whose rows are gone and whose objects, files and logs are still to be removed.
  await db.schema.createTable('doomed_realms', (table) => {
    table.text('id').primary()
  })
  // Copies on which tests run. They stay as rows, because their usage is charged to the realm they are of.
  await db.schema.createTable('throwaways', (table) => {
    table.text('id').primary()
    table.text('realm').notNullable()
    table.bigInteger('created_at_ms').notNullable()
    table.boolean('swept').notNullable().index()
  })
}

async function createMachines(db: Knex): Promise<void> {
  await db.schema.createTable('machines', (table) => {
    table.bigIncrements('seq')
    table.text('id').notNullable().unique()
    table.text('join_hash').notNullable()
    table.bigInteger('created_at_ms').notNullable()
  })
  // Realms that a machine was ever given: the only ones it may report usage and logs of.
  await db.schema.createTable('machine_realms', (table) => {
    table.text('machine').notNullable()
    table.text('realm').notNullable()
    table.text('account').notNullable()
    table.primary(['machine', 'realm'])
  })
}

async function createUsage(db: Knex): Promise<void> {
  await db.schema.createTable('usage_windows', (table) => {
    table.text('source').notNullable()
    table.bigInteger('sequence').notNullable()
    table.text('machine').notNullable()
    table.bigInteger('received_at_ms').notNullable().index()
    table.primary(['source', 'sequence'])
  })
  await db.schema.createTable('usage_hours', (table) => {
    table.text('realm').notNullable()
    table.bigInteger('hour_ms').notNullable()
    table.text('function').notNullable()
    table.text('key').notNullable()
    table.text('outcome').notNullable()
    table.text('account').notNullable()
    for (const amount of AMOUNT_COLUMNS) table.bigInteger(amount).notNullable()
    table.primary(['realm', 'hour_ms', 'function', 'key', 'outcome'])
    table.index(['hour_ms', 'realm'])
  })
  await db.schema.createTable('readings', (table) => {
    table.bigIncrements('seq')
    table.text('realm').notNullable()
    table.bigInteger('sequence').notNullable()
    table.bigInteger('period_start_ms').notNullable()
    table.bigInteger('period_end_ms').notNullable()
    table.text('hash').notNullable()
    table.text('line').notNullable()
    table.unique(['realm', 'sequence'])
    table.unique(['realm', 'period_start_ms'])
  })
}

async function createUsageSources(db: Knex): Promise<void> {
  // A cell numbers its windows without gaps, so one number a cell remembers most of them; the rest wait here for their gap to close.
  await db.schema.createTable('usage_sources', (table) => {
    table.text('machine').notNullable()
    table.text('source').notNullable()
    table.bigInteger('counted_to').notNullable()
    table.bigInteger('last_ms').notNullable().index()
    table.primary(['machine', 'source'])
  })
  await db.schema.createTable('usage_ahead', (table) => {
    table.text('machine').notNullable()
    table.text('source').notNullable()
    table.bigInteger('sequence').notNullable()
    table.primary(['machine', 'source', 'sequence'])
  })
}

async function addMachineKeys(db: Knex): Promise<void> {
  await db.schema.alterTable('machines', (table) => {
    // Of the agent that used the join token up; no other may speak for the machine from then on.
    table.text('public_key').unique()
    table.bigInteger('join_expires_at_ms').notNullable().defaultTo(0)
    // Why it is to be replaced although it works.
    table.text('condemned')
  })
  // Between these a machine had the realm; null: it may still have it.
  await db.schema.alterTable('machine_realms', (table) => {
    table.bigInteger('given_at_ms').notNullable().defaultTo(0)
    table.bigInteger('released_at_ms')
  })
}

async function addPools(db: Knex): Promise<void> {
  await db.schema.alterTable('machines', (table) => {
    // Null: the first pool, or somebody else starts it.
    table.text('pool')
    // Of the platform that launched it; one of another release is replaced.
    table.text('release')
    // Why it is to be emptied although it is trusted.
    table.text('leaving')
  })
  await db.schema.alterTable('realms', (table) => {
    // Where it may run; null: anywhere.
    table.text('pool')
    table.text('isolation')
  })
}

async function addMachineStarts(db: Knex): Promise<void> {
  await db.schema.alterTable('machines', (table) => {
    // Which start of it, in the words of its infrastructure, the key is of; null: it is started once.
    table.text('incarnation')
  })
  // Keys of agents of earlier starts: they open nothing any more, whatever they come with.
  await db.schema.createTable('dead_keys', (table) => {
    table.text('public_key').primary()
    table.text('machine').notNullable().index()
  })
}

/** Who acts on the database: see `lease.ts`. */
async function createLeases(db: Knex): Promise<void> {
  await db.schema.createTable('leases', (table) => {
    table.text('name').primary()
    // Grows whenever another platform takes over.
    table.bigInteger('term').notNullable()
    table.text('holder').notNullable()
    table.bigInteger('backend').notNullable()
  })
}

async function addPreparedMachines(db: Knex): Promise<void> {
  await db.schema.alterTable('machines', (table) => {
    // It is kept prepared and was not started: nobody joins as it yet.
    table.boolean('prepared').notNullable().defaultTo(false)
  })
}

/** Columns of usage_hours, in the order of meter's AMOUNT_NAMES. */
const AMOUNT_COLUMNS = [
  'requests',
  'cpu_ns',
  'jsops',
  'wall_ms',
  'bytes_in',
  'bytes_out',
  'egress_bytes',
  'store_reads',
  'store_writes',
]

const LOG_STEPS: MigrationStep[] = [
  {
    name: '001-lines',
    up: (db) =>
      db.schema.createTable('lines', (table) => {
        table.bigIncrements('seq')
        table.text('realm').notNullable()
        table.bigInteger('time_ms').notNullable()
        table.text('deployment').notNullable()
        table.text('request')
        table.text('level').notNullable()
        table.text('text').notNullable()
        table.index(['realm', 'seq'])
      }),
  },
  {
    name: '002-sources',
    // Batches of one run of an agent come in order, so that the number of the last one tells which are known.
    up: (db) =>
      db.schema.createTable('log_sources', (table) => {
        table.text('machine').notNullable()
        table.text('source').notNullable()
        table.bigInteger('taken_to').notNullable()
        table.bigInteger('last_ms').notNullable().index()
        table.primary(['machine', 'source'])
      }),
  },
]

/** In order; a name never changes once released, and none is ever removed. */
export const MIGRATIONS = { control: CONTROL_STEPS, logs: LOG_STEPS }

/** Brings a database to the newest schema, with `after` each step. UNSUPPORTED: as migrateForward. */
export function migrate(
  db: Knex,
  which: 'control' | 'logs',
  after: (transaction: Knex) => Promise<void> = async () => undefined,
): Promise<void> {
  const steps = MIGRATIONS[which].map(({ name, up }) => ({
    name,
    up: async (transaction: Knex) => {
      await up(transaction)
      await after(transaction)
    },
  }))
  return migrateForward(db, steps)
}
