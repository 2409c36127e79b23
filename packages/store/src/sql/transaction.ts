import type { Command, Row, Task } from './task.ts'
import { alone, type Shared, type Work } from './work.ts'

/** So many tasks of a lane get a savepoint each after one of them threw halfway. */
const CAREFUL_TASKS = 1_000
/** Most lanes of which that is remembered; one that is forgotten has a transaction done anew once more. */
const CAREFUL_LANES = 1_000

export interface LaneWork {
  lane: string
  work: Work<unknown>
}

export type Outcome = { value: unknown } | { error: unknown }
export const UNDONE: Outcome = { value: undefined }

export interface Entry<W extends LaneWork> {
  waiting: W
  outcome: Outcome
}

/**
 * Does writes in one transaction, each wholly or not at all. Nearly all that are refused are refused before they write, so none has a savepoint, and
 * those of a lane share what they know. When one does throw halfway, the transaction is done anew, and that lane gets savepoints for a while.
 */
export class Transaction {
  readonly #execute: (command: Command) => Row[]
  /** Lanes that get savepoints, and for how many tasks. */
  readonly #careful = new Map<string, number>()
  #hasWritten = false

  constructor(execute: (command: Command) => Row[]) {
    this.#execute = execute
  }

  /** Does what `next` gives until that gives nothing, and puts it into `group`. When it throws, all of `group` is undone. */
  run<W extends LaneWork>(group: Entry<W>[], next: () => W | undefined): void {
    while (!this.#attempt(group, next));
  }

  /** False: a task threw halfway, and all of it is to be done again. */
  #attempt<W extends LaneWork>(group: Entry<W>[], next: () => W | undefined): boolean {
    const shared = new Map<string, Shared>()
    const take = (): Entry<W> | undefined => {
      const waiting = next()
      return waiting && (group[group.push({ waiting, outcome: UNDONE }) - 1] as Entry<W>)
    }
    if (group.length === 0) take()
    try {
      this.#sql('begin immediate')
      for (const entry of group) entry.outcome = this.#one(entry.waiting, shared)
      for (let entry = take(); entry; entry = take()) entry.outcome = this.#one(entry.waiting, shared)
      this.#finish(shared)
      this.#sql('commit')
      return true
    } catch (error) {
      this.#rollback(error)
      if (!(error instanceof Halfway)) throw error
      const [oldest] = this.#careful.keys()
      if (this.#careful.size >= CAREFUL_LANES && oldest !== undefined) this.#careful.delete(oldest)
      this.#careful.set(error.lane, CAREFUL_TASKS)
      return false
    }
  }

  #one({ lane, work }: LaneWork, shared: Map<string, Shared>): Outcome {
    if (this.#isCareful(lane)) return this.#inSavepoint(work, shared)
    const task = this.#taskOf(lane, work, shared)
    this.#hasWritten = false
    try {
      return { value: this.#toEnd(task) }
    } catch (error) {
      if (this.#hasWritten) throw new Halfway(lane, error)
      return { error }
    }
  }

  #taskOf(lane: string, work: Work<unknown>, shared: Map<string, Shared>): Task<unknown> {
    if (typeof work === 'function') {
      this.#finish(shared)
      return work()
    }
    const known = shared.get(lane) ?? work.open()
    shared.set(lane, known)
    return work.task(known)
  }

  #isCareful(lane: string): boolean {
    const left = this.#careful.get(lane)
    if (left === undefined) return false
    if (left > 1) this.#careful.set(lane, left - 1)
    else this.#careful.delete(lane)
    return true
  }

  #inSavepoint(work: Work<unknown>, shared: Map<string, Shared>): Outcome {
    this.#finish(shared)
    this.#sql('savepoint one')
    try {
      const value = this.#toEnd(alone(work))
      this.#sql('release one')
      return { value }
    } catch (error) {
      this.#undo(error, ['rollback to one', 'release one'])
      return { error }
    }
  }

  /** Whoever comes next sees what is written alone. */
  #finish(shared: Map<string, Shared>): void {
    for (const one of shared.values()) this.#toEnd(one.finish())
    shared.clear()
  }

  #toEnd<T>(task: Task<T>): T {
    let step = task.next()
    while (!step.done) {
      if (!step.value.sql.startsWith('select')) this.#hasWritten = true
      step = task.next(this.#execute(step.value))
    }
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

  #undo(cause: unknown, commands: readonly string[]): void {
    try {
      for (const sql of commands) this.#sql(sql)
    } catch {
      // There is no transaction any more: what ended it is what there is to say.
      throw cause
    }
  }

  #sql(sql: string): void {
    this.#execute({ sql, bindings: [] })
  }
}

/** A task that threw after it had written. */
class Halfway extends Error {
  readonly lane: string

  constructor(lane: string, cause: unknown) {
    super('a write threw after it had begun', { cause })
    this.lane = lane
  }
}
