import { PlatformError } from '@openzimki/core'
import { LANE_TASKS, laneFull } from '../group-commit.ts'
import { mapError } from '../map-error.ts'
import type { Task } from '../task.ts'
import { isLockTimeout, isLost, isTransient } from './failures.ts'
import { lockKey } from './open-schema.ts'
import type { Session } from './session.ts'
import type { Sessions } from './sessions.ts'
import { Turns } from './turns.ts'

/** Most tasks in one transaction: the server remembers so many savepoints without looking them up. */
const GROUP_TASKS = 64
/** How long a transaction may take before the rest waits for the next. */
const GROUP_MS = 20
/** How often a transaction that had to give way, or whose connection broke before its commit, is done again. */
const ATTEMPTS = 5

interface Waiting {
  task: () => Task<unknown>
  sources: readonly string[]
  resolve(value: unknown): void
  reject(error: unknown): void
}

type Outcome = { value: unknown } | { error: unknown }

/**
 * Writes of one lane (realm) that wait together share a transaction; lanes go side by side, on a connection each. Whoever writes a lane holds its
 * lock in the database until the commit, so writers in other processes wait, and each sees all that was done before it.
 */
export class LaneWriter {
  readonly #sessions: Sessions
  readonly #scope: string
  readonly #turns: Turns
  readonly #lanes = new Map<string, Waiting[]>()
  #settled: (() => void)[] = []

  /** `scope`: what the locks are of, beside the lane; `atOnce`: connections. */
  constructor(sessions: Sessions, scope: string, atOnce: number) {
    this.#sessions = sessions
    this.#scope = scope
    this.#turns = new Turns(atOnce)
  }

  /** Lanes in `sources` cannot be written meanwhile. LIMIT_EXCEEDED when too many wait in this lane. */
  add<T>(lane: string, task: () => Task<T>, sources: readonly string[]): Promise<T> {
    const queue = this.#lanes.get(lane)
    if (queue && queue.length >= LANE_TASKS) return Promise.reject(laneFull())
    return new Promise<T>((resolve, reject) => {
      const waiting: Waiting = { task, sources, resolve: resolve as (value: unknown) => void, reject }
      if (queue) queue.push(waiting)
      else {
        this.#lanes.set(lane, [waiting])
        void this.#work(lane)
      }
    })
  }

  /** Resolves when nothing waits. */
  settled(): Promise<void> {
    if (this.#lanes.size === 0) return Promise.resolve()
    return new Promise((resolve) => this.#settled.push(resolve))
  }

  /** Until the lane is empty; a group in each turn. */
  async #work(lane: string): Promise<void> {
    const queue = this.#lanes.get(lane)!
    while (queue.length > 0) {
      await this.#turns.take(lane)
      // What comes in this turn of the event loop goes along.
      await new Promise((resolve) => setImmediate(resolve))
      await this.#group(lane, queue)
      this.#turns.give()
    }
    this.#lanes.delete(lane)
    if (this.#lanes.size === 0) for (const resolve of this.#settled.splice(0)) resolve()
  }

  /** Nobody is told of success before the commit. */
  async #group(lane: string, queue: Waiting[]): Promise<void> {
    const group: Waiting[] = []
    const untilMs = performance.now() + GROUP_MS
    const next = (): Waiting | undefined => {
      const full = group.length >= GROUP_TASKS || (group.length > 0 && performance.now() >= untilMs)
      // One that needs other lanes goes alone.
      const alone =
        (group[0]?.sources.length ?? 0) > 0 || (group.length > 0 && (queue[0]?.sources.length ?? 0) > 0)
      const one = full || alone ? undefined : queue.shift()
      if (one) group.push(one)
      return one
    }
    next()
    let strict = false
    for (let attempt = 1; ; attempt++) {
      try {
        const outcomes = await this.#transaction(lane, group, attempt === 1 ? next : null, strict)
        for (const [index, outcome] of outcomes.entries()) settle(group[index]!, outcome)
        return
      } catch (error) {
        const cause = error instanceof Undone ? error.cause : error
        const giveWay = isLost(cause) || isTransient(cause)
        // What the database refused has to be told from what is sound: one after the other.
        const again =
          error instanceof Undone && attempt < ATTEMPTS && (giveWay || !strict) && !isLockTimeout(cause)
        if (!again) {
          for (const waiting of group) waiting.reject(mapError(cause))
          return
        }
        strict ||= !giveWay
      }
    }
  }

  /** Does `group`, and what `next` adds to it, in one transaction. Undone: nothing of it was kept. */
  async #transaction(
    lane: string,
    group: readonly Waiting[],
    next: (() => Waiting | undefined) | null,
    strict: boolean,
  ): Promise<Outcome[]> {
    const session = await this.#sessions.open()
    let committing = false
    try {
      await this.#begin(session, [lane, ...group[0]!.sources])
      const outcomes: Outcome[] = []
      while (outcomes.length < group.length) {
        outcomes.push(await one(session, group[outcomes.length]!.task, strict))
        next?.()
      }
      committing = true
      const tag = await session.tag('commit')
      if (tag !== 'COMMIT') {
        await session.settled()
        throw new Error(`the commit was answered with ${tag}`)
      }
      await this.#sessions.close(session)
      return outcomes
    } catch (error) {
      await this.#sessions.abandon(session)
      if (committing && isLost(error)) throw unknown(error)
      throw new Undone('nothing of the transaction was kept', { cause: error })
    }
  }

  /** In one order everywhere, so that no two wait for each other. */
  async #begin(session: Session, lanes: readonly string[]): Promise<void> {
    session.send({ sql: 'begin', bindings: [] })
    const keys = [...new Set(lanes.map((lane) => lockKey(`${this.#scope} ${lane}`)))].sort()
    for (const key of keys)
      await session.ask({ sql: 'select pg_advisory_xact_lock(?::bigint)', bindings: [key] })
  }
}

class Undone extends Error {}

/** `strict`: waits for all of the task, so that what the database refuses is undone alone. */
async function one(session: Session, task: () => Task<unknown>, strict: boolean): Promise<Outcome> {
  session.send({ sql: 'savepoint one', bindings: [] })
  try {
    const value = await session.run(task())
    if (strict) await session.settled()
    session.send({ sql: 'release one', bindings: [] })
    return { value }
  } catch (error) {
    if (!strict && !(error instanceof PlatformError)) throw error
    if (isLost(error) || isTransient(error)) throw error
    // What failed besides is undone with it.
    await session.settled().catch(() => undefined)
    await session.tag('rollback to one')
    session.send({ sql: 'release one', bindings: [] })
    return { error }
  }
}

function settle(waiting: Waiting, outcome: Outcome): void {
  if ('error' in outcome) waiting.reject(mapError(outcome.error))
  else waiting.resolve(outcome.value)
}

const unknown = (cause: unknown): PlatformError =>
  new PlatformError(
    'UNAVAILABLE',
    'the database of the store went away while it kept this write: it may or may not be there. Read before you write again',
    { cause },
  )
