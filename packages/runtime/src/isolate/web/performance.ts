import { dateNow } from './primordials.ts'

/**
 * https://w3c.github.io/hr-time/ in whole milliseconds: customers' code gets no clock fine enough to spy on its neighbours.
 */
export class Performance {
  /** Set at the first use: what is made for a snapshot must not hold the time of its making. */
  #timeOrigin = 0
  #last = 0

  get timeOrigin(): number {
    if (this.#timeOrigin === 0) this.#timeOrigin = dateNow()
    return this.#timeOrigin
  }

  /** Never goes back, though the wall clock may. */
  now(): number {
    const origin = this.timeOrigin
    this.#last = Math.max(this.#last, dateNow() - origin)
    return this.#last
  }

  toJSON(): { timeOrigin: number } {
    return { timeOrigin: this.timeOrigin }
  }
}
