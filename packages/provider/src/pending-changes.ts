/** Ids that wait to be taken; of more than this each is no longer worth its own word. */
const MOST = 1_000

/** What was told and not yet taken: each id once, in bounded memory. */
export class PendingChanges {
  readonly #ids = new Set<string>()
  #isAll = false
  #isOver = false
  #wake: (() => void) | null = null
  /** Why there is no more; null: nobody wants more. */
  failure: unknown = null

  /** Null: anything may have changed. */
  add(id: string | null): void {
    if (this.#isAll) return
    if (id === null || this.#ids.size >= MOST) {
      this.#isAll = true
      this.#ids.clear()
    } else this.#ids.add(id)
    this.#wake?.()
  }

  /** After what is there has been taken. */
  end(failure: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.failure = failure
    this.#wake?.()
  }

  /** The next; undefined when there will be none. One may wait at a time. */
  async take(): Promise<string | null | undefined> {
    while (!this.#isAll && this.#ids.size === 0) {
      if (this.#isOver) return undefined
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = null
    }
    if (this.#isAll) {
      this.#isAll = false
      return null
    }
    const [id] = this.#ids
    this.#ids.delete(id!)
    return id
  }
}
