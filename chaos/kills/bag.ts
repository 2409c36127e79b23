/** Draws at random, but none twice before each was drawn once. `random`: from 0 to below 1. */
export class Bag<T> {
  readonly #all: readonly T[]
  readonly #random: () => number
  #left: T[] = []

  constructor(all: readonly T[], random: () => number) {
    if (all.length === 0) throw new RangeError('nothing can be drawn from an empty bag')
    this.#all = all
    this.#random = random
  }

  draw(): T {
    if (this.#left.length === 0) this.#left = [...this.#all]
    const [drawn] = this.#left.splice(Math.floor(this.#random() * this.#left.length), 1)
    return drawn as T
  }
}
