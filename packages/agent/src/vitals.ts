import type { IsolateReport } from '@openzimki/core'

/** Signs of life of one cell. All times are monotonic milliseconds. */
export class Vitals {
  /** From its last pong; what it claims, not what is so. */
  isolates: IsolateReport[] = []
  readonly startedMs: number
  /** When the oldest ping was sent that has no answer yet; null: all are answered. */
  unansweredSinceMs: number | null = null
  #lastPing = 0
  #lastPong = 0

  constructor(nowMs: number) {
    this.startedMs = nowMs
  }

  /** The id for the ping. */
  pingSent(nowMs: number): number {
    this.unansweredSinceMs ??= nowMs
    this.#lastPing += 1
    return this.#lastPing
  }

  /** Any pong counts as life, if it answers a ping that was sent; false: it does not. */
  pong(id: number, isolates: IsolateReport[], nowMs: number): boolean {
    if (id <= this.#lastPong || id > this.#lastPing) return false
    this.#lastPong = id
    this.isolates = isolates
    this.unansweredSinceMs = id === this.#lastPing ? null : nowMs
    return true
  }

  /** The agent itself stood still for so long: no fault of the cell. */
  excuse(ms: number): void {
    if (this.unansweredSinceMs !== null) this.unansweredSinceMs += ms
  }
}
