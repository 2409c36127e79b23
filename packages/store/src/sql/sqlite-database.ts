import { type Clock, PlatformError } from '@openzimki/core'
import type BetterSqlite3 from 'better-sqlite3'
import Database from 'better-sqlite3'
import knexModule, { type Knex } from 'knex'
import { Checkpointer } from './checkpointer.ts'
import type { Database as StoreDatabase } from './database.ts'
import { sqliteDialect } from './dialect.ts'
import { GroupCommit } from './group-commit.ts'
import { mapError } from './map-error.ts'
import { migrate } from './migrations.ts'
import { SlowLane } from './slow-lane.ts'
import { SyncedFile } from './synced-file.ts'
import type { Command, Row, Task } from './task.ts'
import type { Work } from './work.ts'

/** A reading task that is not done after this long lets the others go first. */
const READ_SLICE_MS = 4

/** A process that is just ending may still hold the file. */
const OWNER_WAIT_MS = 250

const PRAGMAS = [
  'journal_mode = WAL',
  // A commit leaves the log to the system; LogSync sees to it that it is on disk before anybody is told.
  'synchronous = NORMAL',
  'temp_store = MEMORY',
  // KiB when negative. Few, since reads come from the mapped file, and a commit after a split page looks through all that there are.
  'cache_size = -4096',
  'mmap_size = 1073741824',
  // More than the log has when it begins anew under load: a file that grows again costs each sync more than one that is written over.
  'journal_size_limit = 134217728',
]

export interface SqliteOptions {
  filename: string
  clock: Clock
  /** The disk has failed to confirm a write, and everything is refused from here on: open the file anew. */
  onLost?: (error: PlatformError) => void
}

/** Opens the file, makes or migrates the schema. UNAVAILABLE when another process has it, INTERNAL when it is damaged. */
export async function openSqliteDatabase(options: SqliteOptions): Promise<StoreDatabase> {
  const owner = ownFile(options.filename)
  const knex = connect(options.filename)
  try {
    await migrate(knex, sqliteDialect)
    const connection = (await knex.client.acquireConnection()) as BetterSqlite3.Database
    // What is left in the log was perhaps never confirmed: it goes into the database, which is synced, and the log begins anew.
    connection.pragma('wal_checkpoint(TRUNCATE)')
    return new SqliteDatabase(knex, connection, owner, options)
  } catch (error) {
    await knex.destroy()
    owner?.close()
    throw mapError(error)
  }
}

const isInMemory = (filename: string): boolean => filename === ':memory:'

/**
 * One process owns the database. It holds a lock on a file beside it (which the system takes back however the process ends), so a second
 * one is refused at once, and people can still look into the database itself.
 */
function ownFile(filename: string): BetterSqlite3.Database | null {
  if (isInMemory(filename)) return null
  let owner: BetterSqlite3.Database | null = null
  try {
    owner = new Database(`${filename}-owner`, { timeout: OWNER_WAIT_MS })
    owner.exec('begin exclusive')
    return owner
  } catch (error) {
    owner?.close()
    throw mapError(error)
  }
}

function connect(filename: string): Knex {
  return knexModule({
    client: sqliteDialect.client,
    connection: { filename },
    useNullAsDefault: true,
    // Failures reach the caller as errors; knex would also print them.
    log: { debug: ignore, warn: ignore, error: ignore, deprecate: ignore },
    pool: {
      min: 0,
      max: 1,
      afterCreate: (connection: BetterSqlite3.Database, done: (error: unknown, c: unknown) => void) =>
        done(tune(connection), connection),
    },
  })
}

const ignore = (): void => undefined

function tune(connection: BetterSqlite3.Database): unknown {
  try {
    for (const pragma of PRAGMAS) connection.pragma(pragma)
    return null
  } catch (error) {
    return error
  }
}

class SqliteDatabase implements StoreDatabase {
  readonly #knex: Knex
  readonly #connection: BetterSqlite3.Database
  readonly #statements = new Map<string, BetterSqlite3.Statement>()
  readonly #lane: SlowLane
  readonly #commits: GroupCommit
  readonly #files: SyncedFile[]
  readonly #checkpointer: Checkpointer | null
  readonly #owner: BetterSqlite3.Database | null
  #reading = 0
  #closing: Promise<void> | null = null
  #idle: (() => void) | null = null

  constructor(
    knex: Knex,
    connection: BetterSqlite3.Database,
    owner: BetterSqlite3.Database | null,
    { filename, clock, onLost }: SqliteOptions,
  ) {
    this.#owner = owner
    const main = new SyncedFile(filename)
    // SQLite makes its log with its first write, syncs the folder then, and keeps the same file until it is closed.
    const log = new SyncedFile(`${filename}-wal`)
    this.#files = [main, log]
    this.#checkpointer = isInMemory(filename)
      ? null
      : new Checkpointer({
          ...{ filename, connection },
          syncDatabase: () => main.sync(),
          hold: (isHeld) => this.#commits.hold(isHeld),
        })
    this.#knex = knex
    this.#connection = connection
    const execute = (command: Command) => this.#execute(command)
    this.#lane = new SlowLane(execute, clock, READ_SLICE_MS)
    this.#commits = new GroupCommit({
      ...{ execute, clock },
      sync: async () => (isInMemory(filename) ? undefined : log.sync()),
      onCommit: () => this.#checkpointer?.committed(),
      onLost: (error) => onLost?.(error),
    })
  }

  async read<T>(lane: string, task: () => Task<T>): Promise<T> {
    this.#assertOpen()
    this.#commits.assertKept()
    this.#reading += 1
    try {
      const value = await this.#lane.run(task(), lane)
      // What a sync failed with is said by the second line, which also knows of one that failed while this was reading.
      await this.#commits.pending(lane)?.catch(() => undefined)
      this.#commits.assertKept()
      return value
    } catch (error) {
      throw mapError(error)
    } finally {
      this.#reading -= 1
      if (this.#reading === 0) this.#idle?.()
    }
  }

  async write<T>(lane: string, work: Work<T>): Promise<T> {
    this.#assertOpen()
    return this.#commits.add(work, lane)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#commits.settled()
    if (this.#reading > 0) await new Promise<void>((resolve) => (this.#idle = resolve))
    await this.#checkpointer?.close()
    this.#statements.clear()
    await this.#knex.client.releaseConnection(this.#connection)
    await this.#knex.destroy()
    for (const file of this.#files) await file.close()
    this.#owner?.close()
  }

  #assertOpen(): void {
    if (this.#closing)
      throw new PlatformError('UNAVAILABLE', 'the store is closing; try again when it is back')
  }

  #execute(command: Command): Row[] {
    let statement = this.#statements.get(command.sql)
    if (!statement) {
      statement = this.#connection.prepare(command.sql)
      this.#statements.set(command.sql, statement)
    }
    // One by one: for several rows in one statement SQLite would keep a copy of each page that it touches.
    if (command.each) for (const row of command.each) statement.run(row)
    else if (statement.reader) return statement.all(command.bindings) as Row[]
    else statement.run(command.bindings)
    return []
  }
}
