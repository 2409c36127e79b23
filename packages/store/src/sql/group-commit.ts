import { mapError } from './map-error.ts'
import type { Command, Row, Task } from './task.ts'

/** Most tasks in one transaction: bounds how long the others wait for it. */
const GROUP = 256

interface Waiting {
  task: () => Task<unknown>
  resolve(value: unknown): void
  reject(error: unknown): void
}

type Outcome = { value: unknown } | { error: unknown }

/**
 * All writes that wait in this turn of the event loop share one transaction and one fsync. Each runs in a savepoint of
 * its own, so one that throws is undone alone; nobody is told of success before the commit.
 */
export class GroupCommit {
  readonly #execute: (command: Command) => Row[]
  readonly #onCommit: () => void
  #queue: Waiting[] = []
  #scheduled = false
  #settled: (() => void)[] = []

  constructor(execute: (command: Command) => Row[], onCommit: () => void) {
    this.#execute = execute
    this.#onCommit = onCommit
  }

  add<T>(task: () => Task<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ task, resolve: resolve as (value: unknown) => void, reject })
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
      this.#flush(this.#queue.splice(0, GROUP))
      if (this.#queue.length > 0) this.#schedule()
      else for (const resolve of this.#settled.splice(0)) resolve()
    })
  }

  #flush(group: Waiting[]): void {
    let outcomes: Outcome[]
    try {
      outcomes = this.#commit(group)
    } catch (error) {
      // The transaction as a whole failed (disk full, say): nothing of it is on disk, and everybody is told.
      for (const waiting of group) waiting.reject(mapError(error))
      return
    }
    for (const [index, waiting] of group.entries()) {
      const outcome = outcomes[index]!
      if ('error' in outcome) waiting.reject(mapError(outcome.error))
      else waiting.resolve(outcome.value)
    }
    this.#onCommit()
  }

  #commit(group: Waiting[]): Outcome[] {
    this.#sql('begin immediate')
    try {
      const outcomes = group.map((waiting) => this.#savepoint(waiting.task))
      this.#sql('commit')
      return outcomes
    } catch (error) {
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
