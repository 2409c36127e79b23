import { type LogBatch, type LogEntry, PlatformError } from '@openzimki/core'
import type { DiskSpool } from './disk-spool.ts'
import { LogBacklog, type LogBounds } from './log-backlog.ts'

export interface LogForwarderOptions extends LogBounds {
  /** UUID of this run of the agent. */
  source: string
  /** Resolves once control has the batch; it may be given again, under its number. */
  ship(batch: LogBatch): Promise<unknown>
  spool: DiskSpool<LogBatch>
  note(text: string): void
}

/** Control has looked at the batch and will never take it. */
const FINAL = new Set(['INVALID_ARGUMENT', 'PERMISSION_DENIED', 'TOO_LARGE'])

/**
 * Brings log entries to control in batches, in order, each once: batches are numbered, and go to the spool while control is away. What
 * has to be dropped, because there is too much of it, is counted, and said in the log itself.
 */
export class LogForwarder {
  readonly #options: LogForwarderOptions
  readonly #backlog: LogBacklog
  #sequence = 0
  #sending: Promise<void> | null = null
  #isOnline = false
  /** Something may be in the spool, also of an agent before this one. */
  #mayBeSpooled = true

  constructor(options: LogForwarderOptions) {
    this.#options = options
    this.#backlog = new LogBacklog(options)
  }

  add(entries: readonly LogEntry[]): void {
    this.#backlog.add(entries)
  }

  online(): void {
    this.#isOnline = true
    this.#mayBeSpooled = true
  }

  offline(): void {
    this.#isOnline = false
  }

  /** Ships what waits, or spools it while control is away; called in intervals. Concurrent calls share one sending. */
  flush(): Promise<void> {
    this.#sending ??= this.#sendAll()
      .catch((thrown: unknown) => this.#options.note(`log: ${PlatformError.from(thrown).message}`))
      .finally(() => {
        this.#sending = null
      })
    return this.#sending
  }

  async #sendAll(): Promise<void> {
    // Numbers must reach control in order: what is in the spool goes first, and nothing past it.
    let isTaking = this.#isOnline && (await this.#shipSpool())
    while (!this.#backlog.isEmpty) {
      const entries = this.#backlog.take()
      const batch = { source: this.#options.source, sequence: this.#sequence + 1, entries }
      isTaking = isTaking && (await this.#shipped(batch))
      if (isTaking || (await this.#spooled(batch))) this.#sequence += 1
      // What did not fit is dropped, and that is told later; there is no use in trying the rest now.
      else return
    }
  }

  /** False: control is away. */
  async #shipped(batch: LogBatch): Promise<boolean> {
    try {
      await this.#options.ship(batch)
    } catch (thrown) {
      const error = PlatformError.from(thrown, 'UNAVAILABLE')
      if (!FINAL.has(error.code)) return false
      this.#options.note(`log: ${batch.entries.length} entries were refused and are lost: ${error.message}`)
    }
    return true
  }

  async #spooled(batch: LogBatch): Promise<boolean> {
    this.#mayBeSpooled = true
    if (await this.#options.spool.append([batch])) return true
    this.#backlog.dropped(batch.entries)
    return false
  }

  /** False: something is left in it. */
  async #shipSpool(): Promise<boolean> {
    if (!this.#mayBeSpooled) return true
    const { spool } = this.#options
    for (const path of await spool.files()) {
      for (const batch of await spool.read(path)) if (!(await this.#shipped(batch))) return false
      await spool.remove(path)
    }
    this.#mayBeSpooled = false
    return true
  }
}
