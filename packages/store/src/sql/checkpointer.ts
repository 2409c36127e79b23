import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type BetterSqlite3 from 'better-sqlite3'

/** Frames (pages) in the log from which on it is worth to copy them: the more there are, the more often one page stands for many of them. */
const START_FRAMES = 16_000
/** Frames that writers may wait for: some twenty milliseconds. */
const HELD_FRAMES = 1_000
/** Commits between two looks at the log. */
const COMMITS = 16
/** Rounds after which writers wait for what is left, however much, because the thread does not catch up with them. */
const ROUNDS = 3
/** What SQLite does by itself where there is no thread. */
const FALLBACK = 'wal_autocheckpoint = 4000'

export interface CheckpointerOptions {
  filename: string
  connection: BetterSqlite3.Database
  /** Puts on disk what was written to the database file. */
  syncDatabase(): Promise<void>
  /** True: nothing is to be committed until it is false again; readers go on. */
  hold(isHeld: boolean): void
}

/**
 * Keeps SQLite's log short without standing in anybody's way for long: a thread copies its frames into the database file while writing goes on, round
 * by round, and the last few while writers wait, after which the log begins anew. The main thread copies nothing, so that readers wait for nothing.
 * (SQLite by itself does all of it inside some unlucky commit, which then takes 60 to 180 ms under load.) Without the thread, SQLite does it by itself.
 */
export class Checkpointer {
  readonly #options: CheckpointerOptions
  #worker: Worker | null = null
  #failed = false
  #round = 0
  #isHeld = false
  #commits = 0

  constructor(options: CheckpointerOptions) {
    this.#options = options
    options.connection.pragma('wal_autocheckpoint = 0')
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
    const worker = new Worker(script, { workerData: { filename: this.#options.filename } })
    worker.unref()
    worker.on('message', () => void this.#answered())
    worker.on('error', () => this.#giveUp())
    return worker
  }

  /** While others write, SQLite leaves it to the last round to sync the database file, which then would take tens of milliseconds. */
  async #answered(): Promise<void> {
    await this.#options.syncDatabase().catch(() => this.#giveUp())
    if (this.#failed) return
    this.#orGiveUp(() => {
      if (this.#isHeld) {
        this.#round = 0
        this.#hold(false)
        return
      }
      if (this.#frames() <= HELD_FRAMES || this.#round >= ROUNDS) this.#hold(true)
      this.#ask()
    })
  }

  #hold(isHeld: boolean): void {
    this.#isHeld = isHeld
    this.#options.hold(isHeld)
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
    if (this.#failed) return
    this.#failed = true
    this.#worker?.postMessage('close')
    this.#worker = null
    this.#options.connection.pragma(FALLBACK)
    if (this.#isHeld) this.#hold(false)
  }

  /** Frames of the log that are not in the database file yet. */
  #frames(): number {
    const [state] = this.#options.connection.pragma('wal_checkpoint(NOOP)') as {
      log: number
      checkpointed: number
    }[]
    return state ? state.log - state.checkpointed : 0
  }
}
