/**
 * Divides a whole `total` over whole weights that sum to `weights`, exactly: each part is the step between two rounded
 * points of the running sum, so parts are whole, never negative, within one of their exact share, and sum to the total.
 */
export class ExactDivider {
  readonly #total: number
  readonly #weights: number
  #weight = 0
  #given = 0

  constructor(total: number, weights: number) {
    this.#total = total
    this.#weights = weights
  }

  take(weight: number): number {
    this.#weight += weight
    if (this.#weight === 0) return 0
    const point =
      this.#weight >= this.#weights
        ? this.#total
        : Math.min(this.#total, Math.floor((this.#weight / this.#weights) * this.#total))
    const part = Math.max(0, point - this.#given)
    this.#given += part
    return part
  }
}
