/** The last lines that a process printed, in bounded memory. */
export class OutputTail {
  readonly #maxChars: number
  #text = ''
  #dropped = 0

  constructor(maxChars = 16 * 1024) {
    this.#maxChars = maxChars
  }

  add(text: string): void {
    const all = this.#text + text
    this.#dropped += Math.max(0, all.length - this.#maxChars)
    this.#text = all.slice(-this.#maxChars)
  }

  /** With a first line that says how much is missing. */
  get text(): string {
    return this.#dropped === 0
      ? this.#text
      : `[${this.#dropped} characters before this were dropped]\n${this.#text}`
  }

  /** The last `count` lines that are not empty. */
  lastLines(count: number): string {
    const lines = this.#text.split('\n').filter((line) => line.trim() !== '')
    return lines.slice(-count).join('\n')
  }
}
