import { PlatformError } from '@openzimki/core'
import type { Database } from '../database.ts'
import { postgresDialect } from '../dialect.ts'
import { mapError } from '../map-error.ts'
import { migrate } from '../migrations.ts'
import type { Task } from '../task.ts'
import { alone, type Work } from '../work.ts'
import { connectPostgres, DURABLE, timeouts } from './connect-postgres.ts'
import { isLost } from './failures.ts'
import { LaneWriter } from './lane-writer.ts'
import { openSchema } from './open-schema.ts'
import { Sessions } from './sessions.ts'
import { Turns } from './turns.ts'

const STATEMENT_MS = 30_000
/** Beyond what the server itself allows a statement. */
const ANSWER_MS = 45_000
/** Connections, for reads and for writes. */
const READS = 6
const WRITES = 4
/** A reading task that is not done after this long lets the others go first. */
const READ_SLICE_MS = 20
const READ_ATTEMPTS = 3

/**
 * Each of our queries is made for one index, and walks it in its order; the planner, which sees no values in a prepared statement and may have
 * no statistics yet, is not to be of another opinion.
 */
const PLANNING = `set plan_cache_mode = force_generic_plan; set jit = off; set enable_seqscan = off; set enable_bitmapscan = off;
  set enable_hashjoin = off; set enable_mergejoin = off; set enable_sort = off; set enable_incremental_sort = off; set enable_material = off`

/**
 * Opens the database behind the URL, makes or migrates the schema. Any number of processes may have it open. UNAVAILABLE when it cannot be
 * reached, INVALID_ARGUMENT when the server is not fit for it.
 */
export async function openPostgresDatabase({
  url,
  schema,
}: {
  url: string
  schema: string
}): Promise<Database> {
  try {
    await openSchema({ url, schema }, (knex) => migrate(knex, postgresDialect))
  } catch (error) {
    throw mapError(error)
  }
  const knex = connectPostgres({
    ...{ url, schema, connections: READS + WRITES, name: 'zimki store', answerMs: ANSWER_MS },
    settings: [DURABLE, timeouts(STATEMENT_MS), PLANNING].join(';'),
  })
  return new PostgresDatabase(new Sessions(knex), schema)
}

class PostgresDatabase implements Database {
  readonly #sessions: Sessions
  readonly #writer: LaneWriter
  readonly #turns = new Turns(READS)
  #reading = 0
  #closing: Promise<void> | null = null
  #idle: (() => void) | null = null

  constructor(sessions: Sessions, schema: string) {
    this.#sessions = sessions
    this.#writer = new LaneWriter(sessions, `lane ${schema}`, WRITES)
  }

  async read<T>(lane: string, task: () => Task<T>): Promise<T> {
    this.#assertOpen()
    this.#reading += 1
    try {
      return await this.#read(lane, task)
    } catch (error) {
      throw mapError(error)
    } finally {
      this.#reading -= 1
      if (this.#reading === 0) this.#idle?.()
    }
  }

  async write<T>(lane: string, work: Work<T>, sources: readonly string[] = []): Promise<T> {
    this.#assertOpen()
    return this.#writer.add(lane, () => alone(work), sources)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#writer.settled()
    if (this.#reading > 0) await new Promise<void>((resolve) => (this.#idle = resolve))
    await this.#sessions.destroy()
  }

  #assertOpen(): void {
    if (this.#closing)
      throw new PlatformError('UNAVAILABLE', 'the store is closing; try again when it is back')
  }

  /** From the beginning, when the connection broke on the way. */
  async #read<T>(lane: string, task: () => Task<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#slices(lane, task())
      } catch (error) {
        if (!isLost(error) || attempt === READ_ATTEMPTS) throw error
      }
    }
  }

  async #slices<T>(lane: string, task: Task<T>): Promise<T> {
    let step = task.next()
    while (!step.done) {
      await this.#turns.take(lane)
      try {
        step = await this.#slice(task, step)
      } finally {
        this.#turns.give()
      }
    }
    return step.value
  }

  /** To the end, or for READ_SLICE_MS and then until somebody else waits. */
  async #slice<T>(task: Task<T>, from: ReturnType<Task<T>['next']>): Promise<ReturnType<Task<T>['next']>> {
    const session = await this.#sessions.open()
    const untilMs = performance.now() + READ_SLICE_MS
    let step = from
    try {
      while (!step.done) {
        step = task.next(await session.ask(step.value))
        if (this.#turns.isWanted && performance.now() > untilMs) break
      }
      await this.#sessions.close(session)
      return step
    } catch (error) {
      await this.#sessions.abandon(session)
      throw error
    }
  }
}
