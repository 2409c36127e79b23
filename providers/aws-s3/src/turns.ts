/** What is done to one blob happens one after another: a deletion must not overtake a put that makes it new. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>()

  /** Runs once all earlier ones of this name are done, however they ended. */
  run<T>(name: string, change: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name) ?? Promise.resolve()
    const done = before.then(change, change).finally(() => {
      if (this.#last.get(name) === done) this.#last.delete(name)
    })
    this.#last.set(name, done)
    return done
  }

  /** Resolves when nothing is under way any more. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#last.values())
  }
}
