import type { LoadReason } from './plan-action.ts'
import type { Need } from './realm-needs.ts'

/** What comes first when a round cannot do all: who is not answered at all, then who would lose its machine, then comfort. */
const ORDER: readonly LoadReason[] = [
  'asked-for',
  'below-floor',
  'leaving',
  'not-allowed',
  'busy',
  'full',
  'come-back',
]

/**
 * As many needs as a round may do, the worst first; of equals one of each account, then the second of each, so that a large account does
 * not hold up the small ones.
 */
export function inTurns(needs: readonly Need[], limit: number): Need[] {
  const byReason = Map.groupBy(needs, ({ reason }) => reason)
  const chosen: Need[] = []
  for (const reason of ORDER) {
    const left = limit - chosen.length
    const all = byReason.get(reason) ?? []
    chosen.push(...(all.length <= left ? all : takeTurns(all, left)))
  }
  return chosen
}

function takeTurns(needs: readonly Need[], limit: number): Need[] {
  const byAccount = new Map<string, Need[]>()
  for (const need of needs) {
    const queue = byAccount.get(need.realm.account)
    if (queue) queue.push(need)
    else byAccount.set(need.realm.account, [need])
    // The first of each of these is all that there is room for.
    if (byAccount.size === limit) break
  }
  const queues = [...byAccount.values()]
  const chosen: Need[] = []
  for (let turn = 0; chosen.length < limit; turn += 1) {
    for (const queue of queues) {
      const need = queue[turn]
      if (need && chosen.length < limit) chosen.push(need)
    }
  }
  return chosen
}
