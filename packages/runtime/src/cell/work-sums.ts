import type { LoadSums } from '@openzimki/core'

/** What the host's monotonic clock (`process.hrtime`, an isolate's stamps) is ahead of `performance.now()`, milliseconds. */
const STAMP_AHEAD_MS = Number(process.hrtime.bigint()) / 1e6 - performance.now()

/**
 * Adds up what a deployment has to do. It is in the way of every request, so each step is a few additions: of many that wait, the sum of
 * their arrivals says how long they have waited. All times are `performance.now()`.
 */
export class WorkSums {
  readonly #places: number
  #entered = 0
  #waitedMs = 0
  #busyMs = 0
  #cpuNs = 0
  #waiting = 0
  #arrivalsMs = 0
  #running = 0
  #beginsMs = 0

  /** `places`: requests that may run at once; 1: the thread of one isolate, busy while it computes. */
  constructor(places: number) {
    this.#places = places
  }

  /** It gets its turn without waiting. */
  enteredAtOnce(): void {
    this.#entered += 1
  }

  /** It got its turn at an isolate's stamp. */
  enteredAt(arrivedMs: number, stampNs: number): void {
    const waitedMs = stampNs / 1e6 - STAMP_AHEAD_MS - arrivedMs
    this.#entered += 1
    // A program may tamper with the clock inside its isolate, but not make the sums shrink or be no number.
    if (waitedMs > 0 && waitedMs < MOST_WAITED_MS) this.#waitedMs += waitedMs
  }

  arrived(nowMs: number): void {
    this.#waiting += 1
    this.#arrivalsMs += nowMs
  }

  /** It waits no longer: it got its turn, or there is none to get. */
  waited(arrivedMs: number, nowMs: number, gotTurn: boolean): void {
    this.#waiting -= 1
    // Sums of many fractions drift; here the sum is known.
    this.#arrivalsMs = this.#waiting === 0 ? 0 : this.#arrivalsMs - arrivedMs
    this.#waitedMs += nowMs - arrivedMs
    if (gotTurn) this.#entered += 1
  }

  began(nowMs: number): void {
    this.#running += 1
    this.#beginsMs += nowMs
  }

  ended(beganMs: number, nowMs: number): void {
    this.#running -= 1
    this.#beginsMs = this.#running === 0 ? 0 : this.#beginsMs - beganMs
    this.#busyMs += nowMs - beganMs
  }

  ran(cpuNs: number): void {
    this.#cpuNs += cpuNs
  }

  at(nowMs: number): LoadSums {
    const cpuMs = this.#cpuNs / 1e6
    return {
      entered: this.#entered,
      waitedMs: this.#waitedMs + Math.max(0, this.#waiting * nowMs - this.#arrivalsMs),
      busyMs: this.#places === 1 ? cpuMs : this.#busyMs + Math.max(0, this.#running * nowMs - this.#beginsMs),
      cpuMs,
      places: this.#places,
    }
  }
}

/** Nothing waits longer: its wall limit ends it. */
const MOST_WAITED_MS = 3_600_000
