/** A queue of lanes that take turns: whoever puts much into one lane waits for themselves, not the others for them. */
export class FairQueue<T> {
  readonly #lanes = new Map<string, T[]>()
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Items that wait in one lane. */
  waiting(lane: string): number {
    return this.#lanes.get(lane)?.length ?? 0
  }

  push(lane: string, item: T): void {
    const items = this.#lanes.get(lane)
    if (items) items.push(item)
    else this.#lanes.set(lane, [item])
    this.#length += 1
  }

  /** The first of the lane whose turn it is; within a lane, in the order they came. */
  shift(): T | undefined {
    for (const [lane, items] of this.#lanes) {
      const item = items.shift()
      // To the end of the round, or out when nothing waits.
      this.#lanes.delete(lane)
      if (items.length > 0) this.#lanes.set(lane, items)
      this.#length -= 1
      return item
    }
    return undefined
  }
}
