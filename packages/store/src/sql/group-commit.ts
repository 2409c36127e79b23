import { type Clock, PlatformError } from '@openzimki/core'
import { FairQueue } from './fair-queue.ts'
import { LogSync } from './log-sync.ts'
import { mapError } from './map-error.ts'
import type { Command, Row } from './task.ts'
import { type Entry, type LaneWork, Transaction, UNDONE } from './transaction.ts'
import type { Work } from './work.ts'

/** Most tasks in one transaction: few, so that the disk can begin early; what it costs to commit is little beside them. */
const GROUP_TASKS = 16
/** How long a transaction may take before the rest waits for the next: the others wait so long for it. */
const GROUP_MS = 20
/** Most transactions that wait for the disk; while it stands still, the rest stays in the queue, which is bounded. */
const MOST_UNSYNCED = 64
/** Most tasks of one lane that wait. */
export const LANE_TASKS = 10_000

export const laneFull = (): PlatformError =>
  new PlatformError('LIMIT_EXCEEDED', 'too many writes of this realm wait for the disk; write more slowly')

interface Waiting extends LaneWork {
  resolve(value: unknown): void
  reject(error: unknown): void
}

export interface GroupCommitOptions {
  execute(command: Command): Row[]
  clock: Clock
  /** See LogSync. */
  sync(): Promise<void>
  onCommit(): void
  /** A sync failed, and from here on everything does: whoever owns the file should open it anew. */
  onLost(error: PlatformError): void
}

/**
 * Lanes (realms) take turns. Writes that wait in this turn of the event loop share a transaction, and transactions share a sync. One that throws is
 * undone alone; nobody is told how theirs went before the disk has it.
 */
export class GroupCommit {
  readonly #transaction: Transaction
  readonly #onCommit: () => void
  readonly #onLost: (error: PlatformError) => void
  readonly #clock: Clock
  readonly #queue = new FairQueue<Waiting>()
  readonly #log: LogSync
  #scheduled = false
  #isHeld = false
  /** Transactions that wait for the disk. */
  #unsynced = 0
  /** Writes that wait in the queue or for the disk. */
  #open = 0
  #settled: (() => void)[] = []
  #lost: PlatformError | null = null

  constructor({ execute, clock, sync, onCommit, onLost }: GroupCommitOptions) {
    this.#transaction = new Transaction(execute)
    this.#clock = clock
    this.#onCommit = onCommit
    this.#onLost = onLost
    this.#log = new LogSync(sync)
  }

  /** LIMIT_EXCEEDED when too many wait in this lane. */
  async add<T>(work: Work<T>, lane: string): Promise<T> {
    this.assertKept()
    if (this.#queue.waiting(lane) >= LANE_TASKS) throw laneFull()
    this.#open += 1
    return new Promise<T>((resolve, reject) => {
      this.#queue.push(lane, { lane, work, resolve: resolve as (value: unknown) => void, reject })
      this.#schedule()
    })
  }

  /** Throws UNAVAILABLE once a sync has failed. */
  assertKept(): void {
    if (this.#lost !== null) throw this.#lost
  }

  /** To be waited for before anybody is told what a lane holds; null: it is all on disk. */
  pending(lane: string): Promise<void> | null {
    return this.#log.pending(lane)
  }

  /** Resolves when nothing waits. */
  settled(): Promise<void> {
    if (this.#open === 0) return Promise.resolve()
    return new Promise((resolve) => this.#settled.push(resolve))
  }

  /** True: what comes waits in the queue until it is false again; what was committed is synced and told. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld
    if (!isHeld && this.#queue.length > 0) this.#schedule()
  }

  #schedule(): void {
    if (this.#isHeld || this.#scheduled || this.#unsynced >= MOST_UNSYNCED) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      if (this.#isHeld) return
      if (this.#queue.length > 0) this.#flush()
      if (this.#queue.length > 0) this.#schedule()
    })
  }

  #flush(): void {
    const group: Entry<Waiting>[] = []
    try {
      this.#commit(group)
    } catch (error) {
      // The transaction as a whole failed (disk full, say): nothing of it is on disk, and everybody is told.
      this.#tell(group, mapError(error))
      return
    }
    void this.#tellWhenSynced(group)
    this.#onCommit()
  }

  async #tellWhenSynced(group: readonly Entry<Waiting>[]): Promise<void> {
    const synced = this.#log.committed(group.map(({ waiting }) => waiting.lane))
    this.#unsynced += 1
    await synced.then(
      () => this.#tell(group, null),
      (error) => this.#lose(group, error),
    )
    this.#unsynced -= 1
    if (this.#queue.length > 0) this.#schedule()
  }

  #lose(group: readonly Entry<Waiting>[], cause: unknown): void {
    const isFirst = this.#lost === null
    this.#lost ??= new PlatformError(
      'UNAVAILABLE',
      'the disk of the store did not confirm a write, so that nobody knows whether it was kept. Look at the machine; the store must be opened anew',
      { cause },
    )
    this.#tell(group, this.#lost)
    const left: Entry<Waiting>[] = []
    for (let waiting = this.#queue.shift(); waiting; waiting = this.#queue.shift())
      left.push({ waiting, outcome: UNDONE })
    this.#tell(left, this.#lost)
    if (isFirst) this.#onLost(this.#lost)
  }

  #tell(group: readonly Entry<Waiting>[], failure: PlatformError | null): void {
    for (const { waiting, outcome } of group) {
      if (failure !== null) waiting.reject(failure)
      else if ('error' in outcome) waiting.reject(mapError(outcome.error))
      else waiting.resolve(outcome.value)
    }
    this.#open -= group.length
    if (this.#open === 0) for (const resolve of this.#settled.splice(0)) resolve()
  }

  /** Takes from the queue into `group`, in the order it was done. */
  #commit(group: Entry<Waiting>[]): void {
    const untilMs = this.#clock.monotonicMs() + GROUP_MS
    this.#transaction.run(group, () => {
      const full = group.length >= GROUP_TASKS || (group.length > 0 && this.#clock.monotonicMs() >= untilMs)
      return full ? undefined : this.#queue.shift()
    })
  }
}
