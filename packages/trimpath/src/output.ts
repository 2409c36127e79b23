/** What one run of a template shares among its output and the outputs of its macros. */
export interface RunState {
  /** Line that is running. */
  line: number
  /** Characters that may still be written; every macro's text counts each time it is written on. */
  remaining: number
}

export interface Loop {
  list: Record<string, unknown>
  keys: string[]
  /** Index in `keys` of the next turn. */
  next: number
}

/** Where a template writes: `_OUT` of the language. */
export class Output {
  readonly #state: RunState
  readonly #calledAt: number
  readonly #parts: string[] = []

  constructor(state: RunState) {
    this.#state = state
    this.#calledAt = state.line
  }

  /** `null` and `undefined` are nothing. */
  write(value: unknown): void {
    if (value === null || value === undefined) return
    const text = String(value)
    this.#state.remaining -= text.length
    if (this.#state.remaining < 0)
      throw new RangeError('the output is too long; a loop or macro may be writing without an end')
    this.#parts.push(text)
  }

  at(line: number): void {
    this.#state.line = line
  }

  text(): string {
    return this.#parts.join('')
  }

  /** A macro ends: its text, and the line goes back to where it was called. */
  end(): string {
    this.#state.line = this.#calledAt
    return this.text()
  }

  /** What `{for}` walks: every enumerable property, inherited ones too, whose value is not a function. */
  loop(list: unknown): Loop {
    const keys: string[] = []
    if (list === null || list === undefined) return { list: {}, keys, next: 0 }
    const items = Object(list) as Record<string, unknown>
    for (const key in items) if (typeof items[key] !== 'function') keys.push(key)
    return { list: items, keys, next: 0 }
  }
}
