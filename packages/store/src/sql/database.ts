import type { Task } from './task.ts'
import type { Work } from './work.ts'

/**
 * What the store asks of a database. One of these per dialect; everything above is the same. `lane` is whom the work is for, the realm:
 * lanes take turns, so that one with much work does not hold up the rest. Housekeeping, which sees all of them, has the lane ''.
 */
export interface Database {
  /** Runs a reading task, again from its beginning when that broke off. It may be interrupted between two commands, so a long one does not hold up the others. */
  read<T>(lane: string, task: () => Task<T>): Promise<T>
  /**
   * Runs a writing task wholly or not at all: when it throws, nothing of it is kept and no other task is harmed; it may be run
   * again from its beginning. No other task writes the lane meanwhile, in whichever process, nor one of the lanes in `sources`; what they wrote is seen.
   * So it may touch what belongs to its lane alone. Resolves when it is on disk. LIMIT_EXCEEDED when too much waits in the lane already.
   */
  write<T>(lane: string, work: Work<T>, sources?: readonly string[]): Promise<T>
  /** Refuses new work with UNAVAILABLE, finishes what was accepted, closes. */
  close(): Promise<void>
}
