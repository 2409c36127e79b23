import type { Task } from './task.ts'

/** What the writes of one lane have learned, and put off, within one transaction. */
export interface Shared {
  /** Writes what was put off. */
  finish(): Task<void>
}

/** A write that learns from those of its lane before it in the transaction. Until it has written anything it leaves `shared` as good as it found it. */
export interface SharingWork<T, S extends Shared = Shared> {
  open(): S
  task(shared: S): Task<T>
}

/** A writing task: one that sees only what is written, or one that shares. */
export type Work<T> = (() => Task<T>) | SharingWork<T>

/** Types a sharing work; the database gives it only what it opened itself. */
export const sharing = <T, S extends Shared>(open: () => S, task: (shared: S) => Task<T>): Work<T> =>
  ({ open, task }) as unknown as SharingWork<T>

/** The work as a task that shares with nobody. */
export function* alone<T>(work: Work<T>): Task<T> {
  if (typeof work === 'function') return yield* work()
  const shared = work.open()
  const value = yield* work.task(shared)
  yield* shared.finish()
  return value
}
