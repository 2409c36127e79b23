import { FairQueue } from '../fair-queue.ts'

/** So many pieces of work at once; who has to wait gets a turn by lanes, so that one lane with much work does not hold up the rest. */
export class Turns {
  readonly #waiting = new FairQueue<() => void>()
  #free: number

  constructor(atOnce: number) {
    this.#free = atOnce
  }

  get isWanted(): boolean {
    return this.#waiting.length > 0
  }

  waiting(lane: string): number {
    return this.#waiting.waiting(lane)
  }

  /** Resolves when it is this one's turn; `give` it back. */
  take(lane: string): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1
      return Promise.resolve()
    }
    return new Promise((resolve) => this.#waiting.push(lane, resolve))
  }

  give(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#free += 1
  }
}
