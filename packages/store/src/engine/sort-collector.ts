import { PlatformError } from '@openzimki/core'
import { compareSortable, type OrderKey, type SortValue } from '../terms/order.ts'
import { ByteBudget, type Collector, type PageBounds } from './collector.ts'
import type { ObjectRow } from './object-row.ts'

interface Found {
  keys: SortValue[]
  row: number
  object: ObjectRow
}

/** Bytes of objects held while sorting; of what is beyond only the place is kept, and the page's ones are read again. */
const HELD_BYTES = 8 * 1024 * 1024
/** Matches held while sorting: how deep a page of such an order can be. */
const HELD_MATCHES = 500_000

/** For matches that come in another order than asked for. */
export class SortCollector implements Collector {
  readonly #order: readonly OrderKey[]
  readonly #bounds: PageBounds
  readonly #budget: ByteBudget
  readonly #grouped: boolean
  readonly #want: number
  #found: Found[] = []
  #held = 0

  /** `grouped`: matches come in the order of the first key, and only those of equal first key are to be sorted. */
  constructor(order: readonly OrderKey[], bounds: PageBounds, grouped: boolean) {
    this.#order = order
    this.#bounds = bounds
    this.#budget = new ByteBudget(bounds.maxBytes)
    this.#grouped = grouped
    this.#want = bounds.offset + bounds.limit
  }

  get isFull(): boolean {
    if (!this.#grouped || this.#found.length <= this.#want) return false
    return this.#found[this.#found.length - 1]!.keys[0] !== this.#found[this.#want - 1]!.keys[0]
  }

  get wanted(): number {
    return this.#grouped ? Math.max(1, this.#want - this.#found.length) : Number.POSITIVE_INFINITY
  }

  add(row: ObjectRow, keys: SortValue[]): void {
    this.#found.push({ keys, row: row.id, object: this.#hold(row) })
    if (this.#bounds.limit === Number.POSITIVE_INFINITY) this.#budget.charge(row.bytes)
    else if (this.#found.length > 2 * this.#want + 1_000) this.#truncate()
    if (this.#found.length > HELD_MATCHES) {
      throw new PlatformError(
        'TOO_LARGE',
        `the search would have to sort more than ${HELD_MATCHES} objects. Narrow its terms, or order it by one field`,
      )
    }
  }

  page(): ObjectRow[] {
    this.#sort()
    const rows = this.#found.slice(this.#bounds.offset, this.#want).map((found) => found.object)
    if (this.#bounds.limit !== Number.POSITIVE_INFINITY)
      for (const row of rows) this.#budget.charge(row.bytes)
    return rows
  }

  #hold(row: ObjectRow): ObjectRow {
    const bytes = row.data === null ? 0 : row.bytes
    if (this.#held + bytes > HELD_BYTES) return { ...row, data: null }
    this.#held += bytes
    return row
  }

  #sort(): void {
    this.#found.sort((a, b) => compareSortable(this.#order, a, b))
  }

  /** Forgets what cannot be on the page any more. */
  #truncate(): void {
    this.#sort()
    this.#found.length = this.#want
    this.#held = this.#found.reduce((sum, { object }) => sum + (object.data === null ? 0 : object.bytes), 0)
  }
}
