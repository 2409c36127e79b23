import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type BetterSqlite3 from 'better-sqlite3'

/** Frames (pages) in the log from which on it is worth to copy them. */
const START_FRAMES = 4_000
/** Frames that the main thread may copy itself: a few milliseconds. */
const LAST_FRAMES = 100
/** Commits between two looks at the log. */
const COMMITS = 16
/** Rounds after which the main thread ends it, because the thread does not catch up with the writers. */
const ROUNDS = 8
/** What SQLite does by itself where there is no thread. */
const FALLBACK = 'wal_autocheckpoint = 4000'

/**
 * Keeps SQLite's log short without making writers wait: a thread copies its frames into the database file while writing goes on,
 * round by round, and the main thread copies the last few, after which the log begins anew. (SQLite by itself does all of it inside
 * some unlucky commit, which then takes 60 to 180 ms under load.) Without the thread, SQLite does it by itself.
 */
export class Checkpointer {
  readonly #filename: string
  readonly #connection: BetterSqlite3.Database
  readonly #syncDatabase: () => Promise<void>
  #worker: Worker | null = null
  #failed = false
  #round = 0
  #commits = 0

  /** `syncDatabase`: puts on disk what was written to the database file. */
  constructor(filename: string, connection: BetterSqlite3.Database, syncDatabase: () => Promise<void>) {
    this.#filename = filename
    this.#syncDatabase = syncDatabase
    this.#connection = connection
    connection.pragma('wal_autocheckpoint = 0')
  }

  /** To be called after each commit. */
  committed(): void {
    this.#commits += 1
    if (this.#failed || this.#round > 0 || this.#commits % COMMITS !== 0) return
    this.#orGiveUp(() => {
      if (this.#frames() >= START_FRAMES) this.#ask()
    })
  }

  /** Resolves when the thread is gone. */
  async close(): Promise<void> {
    const worker = this.#worker
    if (!worker) return
    this.#failed = true
    const gone = new Promise((resolve) => worker.once('exit', resolve))
    worker.postMessage('close')
    await gone
  }

  #ask(): void {
    this.#round += 1
    this.#worker ??= this.#start()
    this.#worker.postMessage('checkpoint')
  }

  #start(): Worker {
    const script = new URL(`./checkpoint-worker${extname(import.meta.filename)}`, import.meta.url)
    const worker = new Worker(script, { workerData: { filename: this.#filename } })
    worker.unref()
    worker.on('message', () => void this.#answered())
    worker.on('error', () => this.#giveUp())
    return worker
  }

  /** While others write, SQLite leaves it to the last round to sync the database file, which then would take tens of milliseconds. */
  async #answered(): Promise<void> {
    await this.#syncDatabase().catch(() => this.#giveUp())
    if (this.#failed) return
    this.#orGiveUp(() => {
      if (this.#frames() > LAST_FRAMES && this.#round < ROUNDS) return this.#ask()
      this.#connection.pragma('wal_checkpoint(PASSIVE)')
      this.#round = 0
    })
  }

  /** The data is safe in the log already: when copying fails (the disk, say), writes are what will tell. */
  #orGiveUp(step: () => void): void {
    try {
      step()
    } catch {
      this.#giveUp()
    }
  }

  #giveUp(): void {
    this.#failed = true
    this.#worker = null
    this.#connection.pragma(FALLBACK)
  }

  /** Frames of the log that are not in the database file yet. */
  #frames(): number {
    const [state] = this.#connection.pragma('wal_checkpoint(NOOP)') as { log: number; checkpointed: number }[]
    return state ? state.log - state.checkpointed : 0
  }
}
