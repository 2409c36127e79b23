import type { Clock } from '@openzimki/core'

interface Sleeper {
  atMs: number
  wake(): void
}

/**
 * Time that passes only when somebody waits for it. A call that sleeps moves the clock itself, so `await provider.launch(...)` is all that
 * is needed; `advance` lets time pass with nothing to wait for. Sleepers wake in order of time, and what they then do comes before
 * the next one wakes, so a run is the same each time.
 */
export class VirtualClock implements Clock {
  #nowMs: number
  /** In order of time; those of one time in order of arrival. */
  readonly #sleepers: Sleeper[] = []
  #isStepping = false
  #isDriven = false

  constructor(nowMs = 0) {
    this.#nowMs = nowMs
  }

  nowMs(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  /** Lets this much time pass; calls that are under way go on at their times. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms
    this.#isDriven = true
    try {
      await turn()
      while ((this.#sleepers[0]?.atMs ?? Number.POSITIVE_INFINITY) <= endMs) {
        this.#wakeNext()
        await turn()
      }
      this.#nowMs = endMs
    } finally {
      this.#isDriven = false
      this.#step()
    }
  }

  /** Rejects with the signal's reason when that aborts; then no time need pass. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    if (signal?.aborted) {
      reject(signal.reason)
      return promise
    }
    const abort = () => {
      this.#sleepers.splice(this.#sleepers.indexOf(sleeper), 1)
      reject(signal?.reason)
    }
    const wake = () => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }
    const sleeper: Sleeper = { atMs: this.#nowMs + ms, wake }
    signal?.addEventListener('abort', abort, { once: true })
    this.#sleepers.splice(this.#placeOf(sleeper.atMs), 0, sleeper)
    this.#step()
    return promise
  }

  #placeOf(atMs: number): number {
    let [low, high] = [0, this.#sleepers.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#sleepers[middle]?.atMs ?? 0) <= atMs) low = middle + 1
      else high = middle
    }
    return low
  }

  #step(): void {
    if (this.#isStepping || this.#isDriven || this.#sleepers.length === 0) return
    this.#isStepping = true
    setImmediate(() => {
      this.#isStepping = false
      if (!this.#isDriven) this.#wakeNext()
      this.#step()
    })
  }

  /** All sleepers of the earliest time. */
  #wakeNext(): void {
    const first = this.#sleepers[0]
    if (!first) return
    this.#nowMs = Math.max(this.#nowMs, first.atMs)
    const awake = this.#sleepers.splice(0, this.#placeOf(first.atMs))
    for (const { wake } of awake) wake()
  }
}

/** Whatever was woken runs until it waits again. */
const turn = () => new Promise((resolve) => setImmediate(resolve))
