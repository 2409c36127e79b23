import type { Clock } from '@openzimki/core'
import type { Task } from '../sql/task.ts'
import { type Access, countAccess } from './access.ts'

/** How long it is believed that an access has many objects. */
const BELIEVED_MS = 10_000
/** Fewer are sooner counted than remembered. */
const MANY = 1_000
const MOST_REMEMBERED = 1_000
const LONGEST_KEY = 500

/**
 * Counts what is behind accesses up to a limit, and remembers for a while which have so many, because pages of the same terms are asked for again and again.
 * Plans are made of it: when objects were deleted meanwhile, that costs time, never a result. That there are none is always counted.
 */
export class AccessCounts {
  readonly #clock: Clock
  readonly #many = new Map<string, { hits: number; untilMs: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  *count(access: Access, limit: number): Task<number> {
    if (limit < MANY) return yield* countAccess(access, limit)
    const key = keyOf(access)
    const known = this.#many.get(key)
    if (known && known.hits >= limit && known.untilMs > this.#clock.nowMs()) return limit
    const hits = yield* countAccess(access, limit)
    if (hits >= limit && key.length <= LONGEST_KEY) this.#remember(key, hits)
    return hits
  }

  #remember(key: string, hits: number): void {
    this.#many.delete(key)
    this.#many.set(key, { hits, untilMs: this.#clock.nowMs() + BELIEVED_MS })
    for (const oldest of this.#many.keys()) {
      if (this.#many.size <= MOST_REMEMBERED) break
      this.#many.delete(oldest)
    }
  }
}

const keyOf = ({ walks }: Access): string =>
  JSON.stringify(walks.map(({ source, owner, at, lower, upper }) => [source, owner, at, lower, upper]))
