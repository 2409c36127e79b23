/** Commits that share one sync. */
interface Round {
  lanes: Set<string>
  done: PromiseWithResolvers<void>
}

/**
 * Tells when commits are on disk. One sync runs at a time, away from the event loop; what is committed while it runs shares the next one. So the disk
 * works while the database does, and whoever waits for it holds up nobody else. A sync that fails is the last: the system may have dropped what it could not write, and a
 * later one would say nothing of that, though what it covers lies behind it in the log.
 */
export class LogSync {
  readonly #sync: () => Promise<void>
  #running: Round | null = null
  #next: Round | null = null
  #failure: { cause: unknown } | null = null

  /** `sync`: puts on disk what was committed when it is called. */
  constructor(sync: () => Promise<void>) {
    this.#sync = sync
  }

  /** Lanes (realms) have just been committed. Resolves when that is on disk; rejects with what this sync, or an earlier one, failed with. */
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
      await this.#end(round)
    }
    this.#running = null
  }

  async #end({ done }: Round): Promise<void> {
    if (this.#failure === null) {
      await this.#sync().catch((cause: unknown) => {
        this.#failure = { cause }
      })
    }
    if (this.#failure === null) done.resolve()
    else done.reject(this.#failure.cause)
  }
}
