/** The last lines that a process printed, in bounded memory. */
export class OutputTail {
  readonly #maxChars: number
  #text = ''

  constructor(maxChars = 16 * 1024) {
    this.#maxChars = maxChars
  }

  add(text: string): void {
    this.#text = (this.#text + text).slice(-this.#maxChars)
  }

  /** The last `count` lines that say something: neither empty nor frames of a stack. */
  lastLines(count: number): string {
    const lines = this.#text.split('\n').filter((line) => !/^\s*(at .*)?$/.test(line))
    return lines.slice(-count).join('\n')
  }
}
