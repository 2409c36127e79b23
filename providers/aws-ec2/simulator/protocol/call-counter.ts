/** How often each action was called, refused calls included. */
export class CallCounter {
  #counts = new Map<string, number>()

  count(action: string): void {
    this.#counts.set(action, (this.#counts.get(action) ?? 0) + 1)
  }

  byAction(): Record<string, number> {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => a.localeCompare(b)))
  }

  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0)
  }

  reset(): void {
    this.#counts = new Map()
  }
}
