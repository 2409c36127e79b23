import { type Clock, PlatformError } from '@openzimki/core'
import type BetterSqlite3 from 'better-sqlite3'
import knexModule, { type Knex } from 'knex'
import type { Database } from './database.ts'
import { sqliteDialect } from './dialect.ts'
import { GroupCommit } from './group-commit.ts'
import { mapError } from './map-error.ts'
import { migrate } from './migrations.ts'
import { SlowLane } from './slow-lane.ts'
import type { Command, Row, Task } from './task.ts'

/** A reading task that is not done after this long lets the others go first. */
const READ_SLICE_MS = 4

const PRAGMAS = [
  // Milliseconds: a process that is just ending may still hold the file.
  'busy_timeout = 250',
  // One process owns the file: a second one is refused at once instead of waiting or interleaving.
  'locking_mode = EXCLUSIVE',
  'journal_mode = WAL',
  // Each commit is on disk before it is acknowledged.
  'synchronous = FULL',
  'temp_store = MEMORY',
  // KiB when negative.
  'cache_size = -65536',
  'mmap_size = 1073741824',
  // Pages. A checkpoint syncs twice, so it should not come with every few commits.
  'wal_autocheckpoint = 4000',
  'journal_size_limit = 67108864',
]

/** Opens the file, makes or migrates the schema. UNAVAILABLE when another process has it, INTERNAL when it is damaged. */
export async function openSqliteDatabase(options: { filename: string; clock: Clock }): Promise<Database> {
  const knex = knexModule({
    client: sqliteDialect.client,
    connection: { filename: options.filename },
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
  try {
    await migrate(knex, sqliteDialect)
    const connection = (await knex.client.acquireConnection()) as BetterSqlite3.Database
    return new SqliteDatabase(knex, connection, options.clock)
  } catch (error) {
    await knex.destroy()
    throw mapError(error)
  }
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

class SqliteDatabase implements Database {
  readonly #knex: Knex
  readonly #connection: BetterSqlite3.Database
  readonly #statements = new Map<string, BetterSqlite3.Statement>()
  readonly #lane: SlowLane
  readonly #commits: GroupCommit
  #reading = 0
  #closing: Promise<void> | null = null
  #idle: (() => void) | null = null

  constructor(knex: Knex, connection: BetterSqlite3.Database, clock: Clock) {
    this.#knex = knex
    this.#connection = connection
    const execute = (command: Command) => this.#execute(command)
    this.#lane = new SlowLane(execute, clock, READ_SLICE_MS)
    this.#commits = new GroupCommit(execute)
  }

  async read<T>(task: () => Task<T>): Promise<T> {
    this.#assertOpen()
    this.#reading += 1
    try {
      return await this.#lane.run(task())
    } catch (error) {
      throw mapError(error)
    } finally {
      this.#reading -= 1
      if (this.#reading === 0) this.#idle?.()
    }
  }

  async write<T>(task: () => Task<T>): Promise<T> {
    this.#assertOpen()
    return this.#commits.add(task)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#commits.settled()
    if (this.#reading > 0) await new Promise<void>((resolve) => (this.#idle = resolve))
    this.#statements.clear()
    await this.#knex.client.releaseConnection(this.#connection)
    await this.#knex.destroy()
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
    if (statement.reader) return statement.all(command.bindings) as Row[]
    statement.run(command.bindings)
    return []
  }
}
