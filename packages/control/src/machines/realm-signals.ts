import type { IsolateLoad } from '@openzimki/core'
import type { RealmState } from '@openzimki/placement'

/** What the plan is told of how busy a realm is. */
export type RealmFigures = Pick<RealmState, 'waitMs' | 'work' | 'cpus' | 'outgrown'>

export interface RealmSignalsOptions {
  /** Monotonic. */
  nowMs: () => number
  /** The plan's marks: above the one a realm grows, below the other it shrinks. */
  waitHighMs: number
  waitLowMs: number
  /** Requests must have waited so long before a realm grows: a burst is over by then. */
  busyMs: number
  /** After it has grown, nothing is read out of its figures before this: they are still those of before. */
  settleMs: number
  /** A realm that has grown must have been calm for so long before it shrinks. */
  calmMs: number
}

interface Memory {
  busySinceMs: number | null
  calmSinceMs: number | null
  grewAtMs: number | null
  work: number
  outgrown: number | null
}

/** Fewer on average than this do not wait: it may be one in a minute, and averages of nothing are no figures. */
const LEAST_WAITING = 0.05
/** Of requests that wait and never get their turn. */
const MOST_WAIT_MS = 60_000

/** Turns what machines report into what the plan goes by: a realm's figures over all its loads, steady enough to act upon. */
export class RealmSignals {
  readonly #options: RealmSignalsOptions
  readonly #memories = new Map<string, Memory>()

  constructor(options: RealmSignalsOptions) {
    this.#options = options
  }

  /** Now. May be read as often as one likes. */
  read(realm: string, loads: readonly IsolateLoad[]): RealmFigures {
    const nowMs = this.#options.nowMs()
    const sum = (name: keyof IsolateLoad) => loads.reduce((total, load) => total + load[name], 0)
    const waitMs = waitOf(sum('waiting'), sum('perSecond'))
    const memory = this.#memories.get(realm) ?? fresh()
    this.#memories.set(realm, memory)
    memory.work = sum('busy')
    memory.busySinceMs = waitMs > this.#options.waitHighMs ? (memory.busySinceMs ?? nowMs) : null
    memory.calmSinceMs = waitMs < this.#options.waitLowMs ? (memory.calmSinceMs ?? nowMs) : null
    return {
      waitMs: this.#steady(waitMs, memory, nowMs),
      ...{ work: memory.work, cpus: sum('cpus'), outgrown: memory.outgrown },
    }
  }

  /** It is given one load more because its requests wait. */
  grew(realm: string): void {
    const memory = this.#memories.get(realm)
    if (!memory) return
    memory.grewAtMs = this.#options.nowMs()
    memory.outgrown = memory.work
  }

  /** Forgets all others. */
  keep(realms: ReadonlySet<string>): void {
    for (const realm of this.#memories.keys()) if (!realms.has(realm)) this.#memories.delete(realm)
  }

  /** Between the marks, where nothing moves, as long as it is too soon to tell. */
  #steady(waitMs: number, { busySinceMs, calmSinceMs, grewAtMs }: Memory, nowMs: number): number {
    const { waitHighMs, waitLowMs, busyMs, settleMs, calmMs } = this.#options
    const isSettled = grewAtMs === null || nowMs - grewAtMs >= settleMs
    if (busySinceMs !== null && (!isSettled || nowMs - busySinceMs < busyMs)) return waitHighMs
    if (calmSinceMs !== null && grewAtMs !== null && nowMs - calmSinceMs < calmMs) return waitLowMs
    return waitMs
  }
}

const fresh = (): Memory => ({
  busySinceMs: null,
  calmSinceMs: null,
  grewAtMs: null,
  work: 0,
  outgrown: null,
})

/** Little's law: so many wait, so many get their turn; hence each waits this long, milliseconds. */
export function waitOf(waiting: number, perSecond: number): number {
  if (waiting < LEAST_WAITING) return 0
  return Math.min(MOST_WAIT_MS, (waiting * 1000) / Math.max(perSecond, 1e-9))
}
