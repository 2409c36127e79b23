import { type LogEntry, PlatformError } from '@openzimki/core'
import { type DeploymentRef, loadKey } from './load-table.ts'

export interface LogForwarderOptions {
  append(entries: LogEntry[]): Promise<unknown>
  /** Wall clock, milliseconds since 1970. */
  wallMs: () => number
  note(text: string): void
  /** Entries of one deployment that may wait; a flood of one drops nothing of another. Default 1,000. */
  perDeployment?: number
  /** Characters of text that may wait in all. Default 16 Mi. */
  totalChars?: number
}

const BATCH_ENTRIES = 500
const BATCH_CHARS = 1 << 20

interface Backlog extends DeploymentRef {
  entries: LogEntry[]
  dropped: number
}

/** Brings log entries to control in batches, in bounded memory. What has to be dropped is counted, and said in the log itself. */
export class LogForwarder {
  readonly #options: LogForwarderOptions
  readonly #backlogs = new Map<string, Backlog>()
  #chars = 0
  #sending: Promise<void> | null = null
  #isOnline = false

  constructor(options: LogForwarderOptions) {
    this.#options = options
  }

  add(entries: readonly LogEntry[]): void {
    const { perDeployment = 1_000, totalChars = 16 << 20 } = this.#options
    for (const entry of entries) {
      const backlog = this.#backlogOf(entry)
      if (backlog.entries.length >= perDeployment || this.#chars + entry.text.length > totalChars) {
        backlog.dropped += 1
        continue
      }
      backlog.entries.push(entry)
      this.#chars += entry.text.length
    }
  }

  online(): void {
    this.#isOnline = true
  }

  offline(): void {
    this.#isOnline = false
  }

  /** Sends what waits; called in intervals. Concurrent calls share one sending. */
  flush(): Promise<void> {
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = null
    })
    return this.#sending
  }

  async #sendAll(): Promise<void> {
    while (this.#isOnline && this.#backlogs.size > 0) {
      const batch = this.#takeBatch()
      try {
        await this.#options.append(batch)
      } catch (thrown) {
        // Whether control has it is not known; twice in the log is worse than a gap that is told.
        for (const entry of batch) this.#backlogOf(entry).dropped += 1
        this.#options.note(
          `log: ${batch.length} entries were not taken: ${PlatformError.from(thrown).message}`,
        )
        return
      }
    }
  }

  /** Takes turns among deployments, so that a loud one does not hold up the others. */
  #takeBatch(): LogEntry[] {
    const batch: LogEntry[] = []
    let chars = 0
    const share = Math.max(1, Math.floor(BATCH_ENTRIES / this.#backlogs.size))
    for (const [key, backlog] of this.#backlogs) {
      if (batch.length >= BATCH_ENTRIES || chars >= BATCH_CHARS) break
      const count = countUpTo(backlog.entries, share, BATCH_CHARS - chars)
      const taken = backlog.entries.splice(0, count)
      for (const { text } of taken) chars += text.length
      batch.push(...taken)
      if (backlog.entries.length > 0) continue
      if (backlog.dropped > 0) batch.push(this.#droppedEntry(backlog))
      this.#backlogs.delete(key)
    }
    this.#chars -= batch.reduce((sum, { text }) => sum + text.length, 0)
    return batch
  }

  #droppedEntry({ realm, deployment, dropped }: Backlog): LogEntry {
    const text = `[${dropped} log entries were dropped here: the program logs faster than they can be kept]`
    this.#chars += text.length
    return { timeMs: this.#options.wallMs(), realm, deployment, request: null, level: 'warn', text }
  }

  #backlogOf({ realm, deployment }: DeploymentRef): Backlog {
    const key = loadKey({ realm, deployment })
    const backlog = this.#backlogs.get(key) ?? { realm, deployment, entries: [], dropped: 0 }
    this.#backlogs.set(key, backlog)
    return backlog
  }
}

/** How many of the first `most` entries fit into `maxChars`; at least one, so that there is progress. */
function countUpTo(entries: readonly LogEntry[], most: number, maxChars: number): number {
  let chars = 0
  for (const [index, { text }] of entries.slice(0, most).entries()) {
    chars += text.length
    if (chars > maxChars) return Math.max(1, index)
  }
  return Math.min(most, entries.length)
}
