/** Line numbers for positions that are asked for in rising order: all of them together cost one pass. */
export class LineCounter {
  readonly #source: string
  #line = 1
  #countedTo = 0

  constructor(source: string) {
    this.#source = source
  }

  /** From 1. */
  lineAt(position: number): number {
    for (;;) {
      const newline = this.#source.indexOf('\n', this.#countedTo)
      if (newline < 0 || newline >= position) return this.#line
      this.#line++
      this.#countedTo = newline + 1
    }
  }
}
