/** An average over about the last `spanMs`, of which the more recent counts more. Starts at nothing. */
export class MovingAverage {
  readonly #spanMs: number
  value = 0

  constructor(spanMs: number) {
    this.#spanMs = spanMs
  }

  /** It was `value` for the last `forMs`. */
  add(value: number, forMs: number): void {
    this.value += (1 - Math.exp(-forMs / this.#spanMs)) * (value - this.value)
  }
}
