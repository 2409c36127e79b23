/** Changes of one machine happen one after another: a stop or destroy must not overtake a launch. */
export class MachineTurns {
  readonly #last = new Map<string, Promise<unknown>>()

  /** Runs once all earlier changes of this machine are done, however they ended. */
  run<T>(id: string, change: () => Promise<T>): Promise<T> {
    const before = this.#last.get(id) ?? Promise.resolve()
    const done = before.then(change, change).finally(() => {
      if (this.#last.get(id) === done) this.#last.delete(id)
    })
    this.#last.set(id, done)
    return done
  }

  /** Resolves when what is under way now is done. */
  async settled(id: string): Promise<void> {
    await this.#last.get(id)?.then(
      () => undefined,
      () => undefined,
    )
  }

  /** Resolves when nothing is under way any more. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#last.values())
  }
}
