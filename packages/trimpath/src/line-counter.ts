/** Line numbers for positions that are asked for in rising order: all of them together cost one pass. */
export class LineCounter {
  readonly #source: string
  #line = 1
  /** Kept, or a last line without an end would be searched again each time. */
  #nextNewline: number

  constructor(source: string) {
    this.#source = source
    this.#nextNewline = indexOfNewline(source, 0)
  }

  /** From 1. */
  lineAt(position: number): number {
    while (this.#nextNewline < position) {
      this.#line++
      this.#nextNewline = indexOfNewline(this.#source, this.#nextNewline + 1)
    }
    return this.#line
  }
}

function indexOfNewline(source: string, from: number): number {
  const at = source.indexOf('\n', from)
  return at < 0 ? Number.POSITIVE_INFINITY : at
}
