import { type Clock, PlatformError } from '@openzimki/core'
import { FairQueue } from './fair-queue.ts'
import { mapError } from './map-error.ts'
import type { Command, Row, Task } from './task.ts'

/** Most tasks in one transaction, and how long it may take before the rest waits for the next: the others wait so long for it. */
const GROUP_TASKS = 256
const GROUP_MS = 20
/** Most tasks of one lane that wait. */
export const LANE_TASKS = 10_000

export const laneFull = (): PlatformError =>
  new PlatformError('LIMIT_EXCEEDED', 'too many writes of this realm wait for the disk; write more slowly')

interface Waiting {
  task: () => Task<unknown>
  resolve(value: unknown): void
  reject(error: unknown): void
}

type Outcome = { value: unknown } | { error: unknown }
const UNDONE: Outcome = { value: undefined }

/**
 * Lanes (realms) take turns. All writes that wait in this turn of the event loop share one transaction and one fsync. Each runs in a savepoint of
 * its own, so one that throws is undone alone; nobody is told of success before the commit.
 */
export class GroupCommit {
  readonly #execute: (command: Command) => Row[]
  readonly #onCommit: () => void
  readonly #clock: Clock
  readonly #queue = new FairQueue<Waiting>()
  #scheduled = false
  #settled: (() => void)[] = []

  constructor(execute: (command: Command) => Row[], clock: Clock, onCommit: () => void) {
    this.#execute = execute
    this.#clock = clock
    this.#onCommit = onCommit
  }

  /** LIMIT_EXCEEDED when too many wait in this lane. */
  async add<T>(task: () => Task<T>, lane: string): Promise<T> {
    if (this.#queue.waiting(lane) >= LANE_TASKS) throw laneFull()
    return new Promise<T>((resolve, reject) => {
      this.#queue.push(lane, { task, resolve: resolve as (value: unknown) => void, reject })
      this.#schedule()
    })
  }

  /** Resolves when nothing waits. */
  settled(): Promise<void> {
    if (this.#queue.length === 0) return Promise.resolve()
    return new Promise((resolve) => this.#settled.push(resolve))
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#flush()
      if (this.#queue.length > 0) this.#schedule()
      else for (const resolve of this.#settled.splice(0)) resolve()
    })
  }

  #flush(): void {
    const group: { waiting: Waiting; outcome: Outcome }[] = []
    try {
      this.#commit(group)
    } catch (error) {
      // The transaction as a whole failed (disk full, say): nothing of it is on disk, and everybody is told.
      for (const { waiting } of group) waiting.reject(mapError(error))
      return
    }
    for (const { waiting, outcome } of group) {
      if ('error' in outcome) waiting.reject(mapError(outcome.error))
      else waiting.resolve(outcome.value)
    }
    this.#onCommit()
  }

  /** Takes from the queue into `group`, in the order it was done. */
  #commit(group: { waiting: Waiting; outcome: Outcome }[]): void {
    const untilMs = this.#clock.monotonicMs() + GROUP_MS
    let waiting = this.#queue.shift()
    try {
      this.#sql('begin immediate')
      while (waiting) {
        const entry = { waiting, outcome: UNDONE }
        group.push(entry)
        entry.outcome = this.#savepoint(waiting.task)
        const full = group.length >= GROUP_TASKS || this.#clock.monotonicMs() >= untilMs
        waiting = full ? undefined : this.#queue.shift()
      }
      this.#sql('commit')
    } catch (error) {
      if (group.length === 0 && waiting) group.push({ waiting, outcome: UNDONE })
      this.#rollback(error)
      throw error
    }
  }

  #savepoint(task: () => Task<unknown>): Outcome {
    this.#sql('savepoint one')
    try {
      const value = this.#toEnd(task())
      this.#sql('release one')
      return { value }
    } catch (error) {
      this.#sql('rollback to one')
      this.#sql('release one')
      return { error }
    }
  }

  #toEnd(task: Task<unknown>): unknown {
    let step = task.next()
    while (!step.done) step = task.next(this.#execute(step.value))
    return step.value
  }

  /** SQLite has rolled back by itself after some errors; a second rollback then fails and says nothing new. */
  #rollback(cause: unknown): void {
    try {
      this.#sql('rollback')
    } catch (error) {
      if (!String(error).includes('no transaction'))
        throw new AggregateError([cause, error], 'rollback failed')
    }
  }

  #sql(sql: string): void {
    this.#execute({ sql, bindings: [] })
  }
}
