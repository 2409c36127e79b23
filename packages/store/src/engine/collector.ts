import { PlatformError } from '@openzimki/core'
import type { SortValue } from '../terms/order.ts'
import type { ObjectRow } from './object-row.ts'

/** Takes the matches of a search and makes the page of them, in bounded memory. */
export interface Collector {
  add(row: ObjectRow, keys: SortValue[]): void
  /** Nothing that comes later can change the page. */
  readonly isFull: boolean
  /** So many matches at least are still to come before it can be full. */
  readonly wanted: number
  /** The page's rows. Data that was not held is null. TOO_LARGE beyond maxBytes. */
  page(): ObjectRow[]
}

export interface PageBounds {
  offset: number
  limit: number
  maxBytes: number
}

/** What an object costs a search beside its data. */
const HEAD_BYTES = 100

/** Counts the bytes of what a search gives back. */
export class ByteBudget {
  readonly #maxBytes: number
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  charge(bytes: number): void {
    this.#bytes += bytes + HEAD_BYTES
    if (this.#bytes <= this.#maxBytes) return
    throw new PlatformError(
      'TOO_LARGE',
      `the search finds more than ${this.#maxBytes} bytes of objects. Narrow its terms, or take it page by page (perPage)`,
      { details: { maxBytes: this.#maxBytes } },
    )
  }
}

/** For matches that come in the order asked for: keeps the page alone. */
export class StreamCollector implements Collector {
  readonly #limit: number
  readonly #budget: ByteBudget
  readonly #rows: ObjectRow[] = []
  #skip: number

  constructor({ offset, limit, maxBytes }: PageBounds) {
    this.#skip = offset
    this.#limit = limit
    this.#budget = new ByteBudget(maxBytes)
  }

  get isFull(): boolean {
    return this.#rows.length >= this.#limit
  }

  get wanted(): number {
    return this.#skip + this.#limit - this.#rows.length
  }

  /** That many matches at the beginning never came here. */
  skipped(rows: number): void {
    this.#skip -= rows
  }

  add(row: ObjectRow): void {
    if (this.#skip > 0) this.#skip -= 1
    else {
      this.#budget.charge(row.bytes)
      this.#rows.push(row)
    }
  }

  page(): ObjectRow[] {
    return this.#rows
  }
}
