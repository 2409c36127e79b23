import { PlatformError } from '@openzimki/core'
import { type RawResult, rawResult } from '@openzimki/link'
import { BOUNDS } from '../bounds.ts'
import type { ObjectStore, Query, StoredObject } from '../contract.ts'
import type { Gate } from './gate.ts'

/** Objects that one answer holds; more follow as a stream. */
const WHOLE = 100
const CHUNK_BYTES = 64 * 1024
/** A caller that has not taken a large answer by then is cut off, because others wait for its place. */
const TAKE_MS = 60_000

type SearchParams = { realm: string; className: string; query: Query }

/** Small pages at once; large answers a few at a time, and streamed, so that they cost bounded memory. */
export function searchHandler(objects: ObjectStore, large: Gate) {
  return async ({ realm, className, query }: SearchParams): Promise<StoredObject[] | RawResult<null>> => {
    if (query.perPage !== undefined && query.perPage <= WHOLE) return objects.search(realm, className, query)
    const leave = await large.enter()
    try {
      const maxBytes = Math.min(query.maxBytes ?? BOUNDS.searchBytes, BOUNDS.searchBytes)
      const found = await objects.search(realm, className, { ...query, maxBytes })
      if (found.length > WHOLE) return rawResult(null, new ObjectLines(found, leave))
      leave()
      return found
    } catch (error) {
      leave()
      throw error
    }
  }
}

/** Objects as lines of JSON. Gives its place back at the end, when the reader leaves, or after TAKE_MS. */
class ObjectLines implements AsyncIterable<Uint8Array> {
  readonly #leave: () => void
  #objects: StoredObject[] | null
  readonly #timer: NodeJS.Timeout

  constructor(objects: StoredObject[], leave: () => void) {
    this.#objects = objects
    this.#leave = leave
    this.#timer = setTimeout(() => this.#end(), TAKE_MS)
    this.#timer.unref()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      let lines = ''
      for (let index = 0; index < this.#all().length; index++) {
        lines += `${JSON.stringify(this.#all()[index])}\n`
        if (lines.length < CHUNK_BYTES) continue
        yield Buffer.from(lines)
        lines = ''
      }
      if (lines !== '') yield Buffer.from(lines)
    } finally {
      this.#end()
    }
  }

  #all(): StoredObject[] {
    if (this.#objects) return this.#objects
    throw new PlatformError(
      'TIMEOUT',
      'the answer of a search was not taken in time; take it page by page (perPage)',
    )
  }

  #end(): void {
    clearTimeout(this.#timer)
    this.#objects = null
    this.#leave()
  }
}
