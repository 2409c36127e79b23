import type { PlatformError } from '@openzimki/core'

export interface RunningEntry {
  /** Monotonic milliseconds. */
  startedMs: number
  /** Of CPU. */
  limitMs: number
  /** By the clock. */
  timeoutMs: number
  /** For whom it runs; 0: for nobody that can be told. */
  request: number
  /** How many entries it stands for: those of a batch run as one. */
  size: number
  /** Nobody waits for its end any longer. */
  abandon(error: PlatformError): void
}

/**
 * How long the first may be over its limit before it counts as stuck. V8 stops most things at once, but on a busy host its thread has to
 * get its turn first; and the agent, who ends the whole cell, waits longer (`overrunGraceMs`).
 */
const STUCK_MS = 700
/** A look that comes later than this says that this thread was held up, and what has ended meanwhile may not have been heard. */
const LATE_MS = 50
/** While the program waits for the host it gets no nearer to being stuck. */
const SHORTEST_WATCH_MS = 50

/** What an isolate was sent and has not ended, in the order in which it runs, and by how much its first is over its limit. */
export class RunningEntries {
  readonly #onStuck: () => void
  readonly #entries: RunningEntry[] = []
  /** While the isolate waits for an answer of the host it does not run, and is not over its limit. */
  #waitingSinceMs: number | null = null
  #waitedMs = 0
  /** One for all entries, set anew only when it has rung: there are tens of thousands a second. */
  #watch: NodeJS.Timeout | null = null
  #dueMs = 0
  #isGivenUp = false

  /** `onStuck` is called once, when the first did not stop at its limit. */
  constructor(onStuck: () => void) {
    this.#onStuck = onStuck
  }

  get length(): number {
    return this.#entries.length
  }

  all(): readonly RunningEntry[] {
    return this.#entries
  }

  add(entry: RunningEntry): void {
    if (this.#entries.push(entry) === 1) this.#waitedMs = 0
    if (this.#watch === null && !this.#isGivenUp) this.#watchFor(entry.timeoutMs + STUCK_MS)
  }

  /** The next one begins only now, however long ago it was sent. */
  ended(entry: RunningEntry): void {
    this.#entries.splice(this.#entries.indexOf(entry), 1)
    const [next] = this.#entries
    if (next) next.startedMs = performance.now()
    this.#waitedMs = 0
  }

  waits(): void {
    this.#waitingSinceMs = performance.now()
  }

  goesOn(): void {
    if (this.#waitingSinceMs !== null) this.#waitedMs += performance.now() - this.#waitingSinceMs
    this.#waitingSinceMs = null
  }

  /** Milliseconds by which what runs now is over its limit and has not stopped. */
  overrunMs(nowMs: number): number {
    return Math.max(0, this.#overMs(nowMs))
  }

  giveUp(): void {
    this.#isGivenUp = true
    if (this.#watch) clearTimeout(this.#watch)
    this.#watch = null
  }

  /** Negative: it has that much left. */
  #overMs(nowMs: number): number {
    const [first] = this.#entries
    if (!first) return 0
    const ranUntilMs = this.#waitingSinceMs ?? nowMs
    return ranUntilMs - first.startedMs - this.#waitedMs - first.timeoutMs
  }

  #watchFor(ms: number): void {
    const inMs = Math.max(SHORTEST_WATCH_MS, ms)
    this.#dueMs = performance.now() + inMs
    this.#watch = setTimeout(() => this.#look(), inMs).unref()
  }

  #look(): void {
    this.#watch = null
    if (this.#entries.length === 0) return
    const nowMs = performance.now()
    const lateMs = nowMs - this.#dueMs
    if (lateMs > LATE_MS) {
      this.#waitedMs += lateMs
      this.#watchFor(SHORTEST_WATCH_MS)
      return
    }
    const overMs = this.#overMs(nowMs)
    if (overMs > STUCK_MS) this.#onStuck()
    else this.#watchFor(STUCK_MS - overMs)
  }
}
