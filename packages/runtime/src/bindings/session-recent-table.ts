/**
 * A table whose keys are an attacker's to choose: what was not touched for a while is forgotten, and it never holds more than so
 * many entries; the one that was touched longest ago goes first.
 */
export class SessionRecentTable<Value> {
  readonly #capacity: number
  readonly #lifetimeMs: number
  /** In order of their last touch. */
  readonly #entries = new Map<string, { value: Value; touchedMs: number }>()

  constructor(options: { capacity: number; lifetimeMs: number }) {
    this.#capacity = options.capacity
    this.#lifetimeMs = options.lifetimeMs
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: string, nowMs: number): Value | null {
    const entry = this.#entries.get(key)
    return entry === undefined || this.#isOver(entry, nowMs) ? null : entry.value
  }

  /** Touches it. `nowMs` never goes back. */
  set(key: string, value: Value, nowMs: number): void {
    this.#entries.delete(key)
    this.#entries.set(key, { value, touchedMs: nowMs })
    for (const [oldest, entry] of this.#entries) {
      if (this.#entries.size <= this.#capacity && !this.#isOver(entry, nowMs)) return
      this.#entries.delete(oldest)
    }
  }

  delete(key: string): void {
    this.#entries.delete(key)
  }

  #isOver({ touchedMs }: { touchedMs: number }, nowMs: number): boolean {
    return nowMs - touchedMs > this.#lifetimeMs
  }
}
