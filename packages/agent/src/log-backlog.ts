import type { LogEntry } from '@openzimki/core'
import { type DeploymentRef, loadKey } from './load-table.ts'

export interface LogBounds {
  /** Wall clock, milliseconds since 1970. */
  wallMs: () => number
  /** Entries of one deployment that may wait; a flood of one drops nothing of another. Default 1,000. */
  perDeployment?: number
  /** Characters of text that may wait in all. Default 16 Mi. */
  totalChars?: number
}

const BATCH_ENTRIES = 500
const BATCH_CHARS = 1 << 20

interface Waiting extends DeploymentRef {
  entries: LogEntry[]
  dropped: number
}

/** Log entries that wait, in bounded memory. What does not fit is counted, and becomes an entry of its own where it was. */
export class LogBacklog {
  readonly #bounds: LogBounds
  readonly #waiting = new Map<string, Waiting>()
  #chars = 0

  constructor(bounds: LogBounds) {
    this.#bounds = bounds
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0
  }

  add(entries: readonly LogEntry[]): void {
    const { perDeployment = 1_000, totalChars = 16 << 20 } = this.#bounds
    for (const entry of entries) {
      const waiting = this.#of(entry)
      if (waiting.entries.length >= perDeployment || this.#chars + entry.text.length > totalChars) {
        waiting.dropped += 1
        continue
      }
      waiting.entries.push(entry)
      this.#chars += entry.text.length
    }
  }

  /** These were taken out and could not be kept. */
  dropped(entries: readonly LogEntry[]): void {
    for (const entry of entries) this.#of(entry).dropped += 1
  }

  /** A batch, for which deployments take turns, so that a loud one does not hold up the others. */
  take(): LogEntry[] {
    const batch: LogEntry[] = []
    let chars = 0
    const share = Math.max(1, Math.floor(BATCH_ENTRIES / this.#waiting.size))
    for (const [key, waiting] of this.#waiting) {
      if (batch.length >= BATCH_ENTRIES || chars >= BATCH_CHARS) break
      const count = countUpTo(waiting.entries, share, BATCH_CHARS - chars)
      const taken = waiting.entries.splice(0, count)
      for (const { text } of taken) chars += text.length
      batch.push(...taken)
      if (waiting.entries.length > 0) continue
      if (waiting.dropped > 0) batch.push(this.#droppedEntry(waiting))
      this.#waiting.delete(key)
    }
    this.#chars -= batch.reduce((sum, { text }) => sum + text.length, 0)
    return batch
  }

  #droppedEntry({ realm, deployment, dropped }: Waiting): LogEntry {
    const text = `[${dropped} log entries were dropped here: the program logs faster than they can be kept]`
    this.#chars += text.length
    return { timeMs: this.#bounds.wallMs(), realm, deployment, request: null, level: 'warn', text }
  }

  #of({ realm, deployment }: DeploymentRef): Waiting {
    const key = loadKey({ realm, deployment })
    const waiting = this.#waiting.get(key) ?? { realm, deployment, entries: [], dropped: 0 }
    this.#waiting.set(key, waiting)
    return waiting
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
