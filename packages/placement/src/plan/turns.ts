import type { RealmState } from './fleet-state.ts'
import type { Host } from './host-table.ts'
import type { LoadReason } from './plan-action.ts'

/** A realm that should be loaded once more, and because of which machine. */
export interface Need {
  realm: RealmState
  reason: LoadReason
  from: Host | null
}

/** What comes first when a round cannot do all: who is not answered at all, then who would lose its machine, then comfort. */
const ORDER: readonly LoadReason[] = ['asked-for', 'below-floor', 'leaving', 'not-allowed', 'busy']

/**
 * Needs in their turn: the worst first; of equals one of each account, then the second of each, so that a large account does not hold up
 * the small ones. Keeps no more of them than a round may do, however many there are.
 */
export class Turns {
  readonly #limit: number
  readonly #byReason = new Map<LoadReason, Queues>()

  constructor(limit: number) {
    this.#limit = limit
    for (const reason of ORDER) this.#byReason.set(reason, new Queues(limit))
  }

  add(need: Need): void {
    this.#byReason.get(need.reason)?.add(need)
  }

  take(): Need[] {
    const chosen: Need[] = []
    for (const queues of this.#byReason.values()) chosen.push(...queues.take(this.#limit - chosen.length))
    return chosen
  }
}

/** Those of one reason. */
class Queues {
  readonly #limit: number
  readonly #byAccount = new Map<string, Need[]>()

  constructor(limit: number) {
    this.#limit = limit
  }

  add(need: Need): void {
    // The first of each of these is all that there is room for.
    if (this.#byAccount.size === this.#limit) return
    const queue = this.#byAccount.get(need.realm.account)
    if (!queue) this.#byAccount.set(need.realm.account, [need])
    else if (queue.length < this.#limit) queue.push(need)
  }

  take(limit: number): Need[] {
    const queues = [...this.#byAccount.values()]
    const chosen: Need[] = []
    for (let turn = 0; ; turn += 1) {
      const due = queues.flatMap((queue) => queue[turn] ?? [])
      if (due.length === 0) return chosen
      for (const need of due) {
        if (chosen.length === limit) return chosen
        chosen.push(need)
      }
    }
  }
}
