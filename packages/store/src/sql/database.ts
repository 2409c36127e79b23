import type { Task } from './task.ts'

/**
 * What the store asks of a database. One of these per dialect; everything above is the same. `lane` is whom the work is for, the realm:
 * lanes take turns, so that one with much work does not hold up the rest.
 */
export interface Database {
  /** Runs a reading task. It may be interrupted between two commands, so a long one does not hold up the others. */
  read<T>(lane: string, task: () => Task<T>): Promise<T>
  /**
   * Runs a writing task alone in a transaction of its own (savepoint): when it throws, nothing of it is kept and no other
   * task is harmed. Resolves when it is on disk. LIMIT_EXCEEDED when too much
   * waits in the lane already.
   */
  write<T>(lane: string, task: () => Task<T>): Promise<T>
  /** Refuses new work with UNAVAILABLE, finishes what was accepted, closes. */
  close(): Promise<void>
}
