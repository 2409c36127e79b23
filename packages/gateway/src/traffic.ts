import { type Clock, PlatformError } from '@openzimki/core'
import type { RouteRealm } from '@openzimki/placement'

/** Something with a deadline, such as a request. */
export interface Watched {
  /** Called several times a second with monotonic milliseconds. */
  check(nowMs: number): void
}

const CHECK_MS = 100

/**
 * All that is under way: how much of it each realm has, and one timer for all deadlines, because a timer for each
 * request costs more than looking at them all ten times a second.
 */
export class Traffic {
  /** Requests that were let in, ever. */
  total = 0
  readonly #clock: Clock
  readonly #timer: NodeJS.Timeout
  readonly #watched = new Set<Watched>()
  readonly #perRealm = new Map<string, number>()
  #idle: (() => void)[] = []

  constructor(clock: Clock) {
    this.#clock = clock
    this.#timer = setInterval(() => this.#check(), CHECK_MS).unref()
  }

  get active(): number {
    return this.#watched.size
  }

  /** Realms with something under way. */
  get realms(): number {
    return this.#perRealm.size
  }

  nowMs(): number {
    return this.#clock.monotonicMs()
  }

  /** Throws LIMIT_EXCEEDED when the realm has all it may have at once. Follow with `leave`. */
  enter(realm: RouteRealm, watched: Watched): void {
    const active = this.#perRealm.get(realm.id) ?? 0
    if (active >= realm.limits.concurrency) throw tooBusy(realm.limits.concurrency)
    this.#perRealm.set(realm.id, active + 1)
    this.#watched.add(watched)
    this.total++
  }

  leave(realmId: string, watched: Watched): void {
    if (!this.#watched.delete(watched)) return
    const active = (this.#perRealm.get(realmId) ?? 1) - 1
    if (active === 0) this.#perRealm.delete(realmId)
    else this.#perRealm.set(realmId, active)
    if (this.#watched.size > 0) return
    for (const resolve of this.#idle) resolve()
    this.#idle = []
  }

  /** Resolves when nothing is under way. */
  async empty(): Promise<void> {
    if (this.#watched.size === 0) return
    await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #check(): void {
    if (this.#watched.size === 0) return
    const nowMs = this.nowMs()
    for (const watched of this.#watched) watched.check(nowMs)
  }
}

const tooBusy = (concurrency: number): PlatformError =>
  new PlatformError(
    'LIMIT_EXCEEDED',
    `The application answers ${concurrency} requests at once, its limit (concurrency), and has as many now. Try again in a moment.`,
    { details: { limit: 'concurrency' } },
  )
