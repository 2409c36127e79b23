/** Told of each slice of work: nanoseconds elapsed on the isolate's thread, for a request or for nobody (null). */
export type OnSlice = (request: number | null, elapsedNs: number) => void

export interface Slice {
  request: number
  /** When it began inside the isolate, nanoseconds; NaN when it was stopped before it could say. */
  beganNs: number
}

/** Work that is charged to nobody in particular, or that was stopped before it could say when it began. */
export const UNTOLD: Slice = { request: 0, beganNs: Number.NaN }

/**
 * Cuts the exact busy time of an isolate into slices, one for each entry. Entries are sent ahead of one another, so the
 * isolate never waits for the host between them; each says when it began, and lasts until the next one began.
 * What the isolate's own clock says of the whole burst is what the slices are made to add up to.
 */
export class SliceClock {
  /** Busy time of the isolate so far; null once it is gone. */
  readonly #busyNs: () => bigint | null
  readonly #onSlice: OnSlice
  #lastBusyNs: bigint
  #entries: Slice[] = []
  #outstanding = 0
  /** Handed out of what runs now, in the middle of it. */
  #settledNs = 0

  constructor(busyNs: () => bigint | null, onSlice: OnSlice) {
    this.#busyNs = busyNs
    this.#onSlice = onSlice
    this.#lastBusyNs = busyNs() ?? 0n
  }

  /** What the isolate has run since it last had nothing to do, nanoseconds; 0 once it is gone. */
  runNs(): number {
    const busyNs = this.#busyNs()
    return busyNs === null ? 0 : Number(busyNs - this.#lastBusyNs) + this.#settledNs
  }

  /** An entry was sent. */
  sent(): void {
    if (this.#outstanding++ === 0) this.#settledNs = 0
  }

  /** Entries that were sent together ended, in their order. `elapsedNs` counts when the isolate died with them. */
  ended(slices: Slice[], elapsedNs: number): void {
    this.#entries.push(...slices)
    const settledNs = this.#settledNs
    this.#settledNs = 0
    if (--this.#outstanding > 0) return
    if (this.#busyNs() === null) this.#divide(this.#taken(), Math.max(0, elapsedNs - settledNs))
    else this.settle()
  }

  /** Hands out what has accrued; also in the middle of a long run, at the end of a metering window. */
  settle(running: number | null = null): void {
    const busyNs = this.#busyNs()
    if (busyNs === null) return
    const totalNs = Number(busyNs - this.#lastBusyNs)
    this.#lastBusyNs = busyNs
    this.#settledNs += totalNs
    const entries = this.#taken()
    if (entries.length === 0) {
      if (totalNs > 0) this.#onSlice(running, totalNs)
      return
    }
    this.#divide(entries, totalNs)
  }

  #taken(): Slice[] {
    const entries = this.#entries
    this.#entries = []
    return entries
  }

  #divide(entries: Slice[], totalNs: number): void {
    const raw = entries.map((entry, index) => {
      const next = entries[index + 1]
      return next ? Math.max(0, next.beganNs - entry.beganNs || 0) : 0
    })
    const known = raw.reduce((sum, ns) => sum + ns, 0)
    const scale = known > totalNs && known > 0 ? totalNs / known : 1
    let given = 0
    entries.forEach((entry, index) => {
      const last = index === entries.length - 1
      const ns = last ? totalNs - given : Math.floor(raw[index]! * scale)
      given += ns
      this.#onSlice(entry.request || null, ns)
    })
  }
}
