import type { PlatformError } from '@openzimki/core'
import type { DoorBytes } from '../cell/to-bytes.ts'

/** Who an entry runs for. */
export interface EntryOwner {
  /** Its entry is not wanted any more, and need not be begun. */
  readonly isGone?: boolean
  /** The entry is through; it began at this stamp of the isolate, or, without one, never. */
  returned(beganNs?: number): void
  /** It was stopped by a limit, or the isolate is dead. */
  failed(error: PlatformError): void
}

/** One entry into an isolate that waits for its turn. */
export interface PendingEntry {
  event: string
  request: number
  payload: string
  bytes: DoorBytes
  call: number
  timeoutMs: number
  owner: EntryOwner
}

/** How far the isolate came with a batch. */
export interface BatchOutcome {
  /** Entries that were begun, from the first. */
  begun: number
  /** The last of them answered at once and left nothing running, so another could have followed. */
  mayFollow: boolean
}

const LARGEST_BATCH = 32
/** Batches of one that are sent ahead of one another: enough to keep the isolate's thread busy, and what is not sent can still be dropped. */
const MOST_AHEAD = 32
/** A batch that runs longer is not worth its delay. */
const LONG_BATCH_MS = 10

/**
 * Sends entries in batches, because to cross into an isolate costs more than a short answer does. Entries that come in one
 * turn of the event loop go together, as many as have lately been answered at once; an entry that is not is the last
 * of its batch, so that whatever runs after it in the isolate is its own. While entries are answered at once, those that come
 * meanwhile wait for the batch before them: waking the isolate's thread and being woken by it costs more than they do.
 */
export class EntryQueue {
  readonly #send: (entries: PendingEntry[]) => Promise<BatchOutcome>
  #waiting: PendingEntry[] = []
  #isScheduled = false
  #batchSize = 1
  #batchesUnderWay = 0

  constructor(send: (entries: PendingEntry[]) => Promise<BatchOutcome>) {
    this.#send = send
  }

  get length(): number {
    return this.#waiting.length
  }

  push(entry: PendingEntry): void {
    this.#waiting.push(entry)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    queueMicrotask(() => {
      this.#isScheduled = false
      this.#next()
    })
  }

  #next(): void {
    const most = this.#batchSize === 1 ? MOST_AHEAD : 1
    while (this.#waiting.length > 0 && this.#batchesUnderWay < most) {
      const entries = this.#waiting.splice(0, this.#batchSize)
      const wanted = entries.some(isGone) ? dropGone(entries) : entries
      if (wanted.length === 0) continue
      this.#batchesUnderWay++
      void this.#run(wanted)
    }
  }

  async #run(entries: PendingEntry[]): Promise<void> {
    const startedMs = performance.now()
    const { begun, mayFollow } = await this.#send(entries)
    this.#batchesUnderWay--
    const isLong = entries.length > 1 && performance.now() - startedMs > LONG_BATCH_MS
    if (begun < entries.length) {
      this.#batchSize = Math.max(1, begun)
      this.#waiting.unshift(...entries.slice(begun))
    } else if (!mayFollow || isLong) this.#batchSize = 1
    else this.#batchSize = Math.min(LARGEST_BATCH, Math.max(this.#batchSize, entries.length * 2))
    this.#next()
  }
}

const isGone = ({ owner }: PendingEntry): boolean => owner.isGone === true

function dropGone(entries: PendingEntry[]): PendingEntry[] {
  const wanted = entries.filter((entry) => !isGone(entry))
  for (const { owner } of entries.filter(isGone)) owner.returned()
  return wanted
}
