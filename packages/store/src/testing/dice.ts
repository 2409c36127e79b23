/** Numbers that look random and are the same in each run. */
export class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  roll(sides: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((this.#state / 2 ** 32) * sides)
  }

  pick<T>(items: readonly T[]): T {
    return items[this.roll(items.length)]!
  }
}
