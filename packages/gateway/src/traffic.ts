import { type Clock, PlatformError } from '@openzimki/core'
import type { RouteRealm } from '@openzimki/placement'

const CHECK_MS = 100
/** Every so many checks, realms without traffic are forgotten. */
const CHECKS_TO_PRUNE = 600

interface RealmTraffic {
  active: number
}

/** Something with a deadline, such as a request; an entry of Traffic's list, which is chained through its entries. */
export abstract class Watched {
  before: Watched | null = null
  after: Watched | null = null
  /** Null when it does not count for its realm, or does no more. */
  realm: RealmTraffic | null = null
  listed = false

  /** Called several times a second with monotonic milliseconds. */
  abstract check(nowMs: number): void
}

/**
 * All that is under way: how much of it each realm has, and one timer for all deadlines, because a timer for each
 * request costs more than looking at them all ten times a second. A list and not a Set: see core's IdTable.
 */
export class Traffic {
  /** Requests that were let in, ever. */
  total = 0
  active = 0
  /** Realms with something under way. */
  realms = 0
  readonly #clock: Clock
  readonly #timer: NodeJS.Timeout
  readonly #perRealm = new Map<string, RealmTraffic>()
  #first: Watched | null = null
  #checks = 0
  #idle: (() => void)[] = []

  constructor(clock: Clock) {
    this.#clock = clock
    this.#timer = setInterval(() => this.#check(), CHECK_MS).unref()
  }

  nowMs(): number {
    return this.#clock.monotonicMs()
  }

  /** Throws LIMIT_EXCEEDED when the realm has all it may have at once. Follow with `leave`. */
  enter({ id, limits }: RouteRealm, watched: Watched): void {
    let realm = this.#perRealm.get(id)
    if (realm === undefined) {
      realm = { active: 0 }
      this.#perRealm.set(id, realm)
    }
    if (realm.active >= limits.concurrency) throw tooBusy(limits.concurrency)
    if (realm.active++ === 0) this.realms++
    this.active++
    this.total++
    watched.realm = realm
    watched.listed = true
    watched.after = this.#first
    if (this.#first !== null) this.#first.before = watched
    this.#first = watched
  }

  /** It is answered, though its client may still have to take that: it counts for its realm no more. */
  answered(watched: Watched): void {
    const { realm } = watched
    if (realm === null) return
    watched.realm = null
    if (--realm.active === 0) this.realms--
  }

  /** No effect the second time. */
  leave(watched: Watched): void {
    if (!watched.listed) return
    this.answered(watched)
    const { before, after } = watched
    watched.listed = false
    watched.before = null
    watched.after = null
    if (before === null) this.#first = after
    else before.after = after
    if (after !== null) after.before = before
    if (--this.active > 0) return
    for (const resolve of this.#idle) resolve()
    if (this.#idle.length > 0) this.#idle = []
  }

  /** Resolves when nothing is under way. */
  async empty(): Promise<void> {
    if (this.active > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #check(): void {
    if (++this.#checks % CHECKS_TO_PRUNE === 0) {
      for (const [id, { active }] of this.#perRealm) if (active === 0) this.#perRealm.delete(id)
    }
    if (this.#first === null) return
    const nowMs = this.nowMs()
    for (let watched: Watched | null = this.#first; watched !== null; ) {
      // A check may take its own entry out.
      const { after }: Watched = watched
      watched.check(nowMs)
      watched = after
    }
  }
}

const tooBusy = (concurrency: number): PlatformError =>
  new PlatformError(
    'LIMIT_EXCEEDED',
    `The application answers ${concurrency} requests at once, its limit (concurrency), and has as many now. Try again in a moment.`,
    { details: { limit: 'concurrency' } },
  )
