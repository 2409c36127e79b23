/** Commits that share one sync. */
interface Round {
  lanes: Set<string>
  done: PromiseWithResolvers<void>
}

/**
 * Tells when commits are on disk. One sync runs at a time, away from the event loop; what is committed while it runs shares the next one. So the disk
 * works while the database does, and whoever waits for it holds up nobody else.
 */
export class LogSync {
  readonly #sync: () => Promise<void>
  #running: Round | null = null
  #next: Round | null = null

  /** `sync`: puts on disk what was committed when it is called. */
  constructor(sync: () => Promise<void>) {
    this.#sync = sync
  }

  /** Lanes (realms) have just been committed. Resolves when that is on disk; rejects with what the sync failed with. */
  committed(lanes: Iterable<string>): Promise<void> {
    this.#next ??= { lanes: new Set(), done: Promise.withResolvers() }
    for (const lane of lanes) this.#next.lanes.add(lane)
    const { promise } = this.#next.done
    if (this.#running === null) void this.#run()
    return promise
  }

  /** What a reader of this lane, of '' all lanes, may have seen that is not on disk yet; null: nothing. */
  pending(lane: string): Promise<void> | null {
    for (const round of [this.#next, this.#running])
      if (round !== null && (lane === '' || round.lanes.has(lane))) return round.done.promise
    return null
  }

  async #run(): Promise<void> {
    for (let round = this.#next; round !== null; round = this.#next) {
      this.#running = round
      this.#next = null
      await this.#sync().then(round.done.resolve, round.done.reject)
    }
    this.#running = null
  }
}
