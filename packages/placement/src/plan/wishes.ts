import { mayRunIn, type RealmState } from './fleet-state.ts'
import type { Host, HostTable, PoolHosts } from './host-table.ts'
import type { PlanOptions } from './plan-options.ts'
import type { RealmNeeds } from './realm-needs.ts'
import type { Need } from './turns.ts'

/**
 * What is only found when it is known how full the machines are: realms that full machines give away, and those that would rather be
 * elsewhere. `back`: the pools that take realms back. Looks only at realms on machines where there is something to wish for.
 */
export function findWishes(
  realms: readonly RealmState[],
  { places }: Pick<RealmNeeds, 'places'>,
  table: HostTable,
  urgent: readonly Need[],
  back: readonly PoolHosts[],
  options: PlanOptions,
): Need[] {
  const wishes: Need[] = []
  const room = options.maxLoads - urgent.length
  const toGive = excessOf(table, options)
  const isAsked = Uint8Array.from(table.hosts, (host) =>
    toGive.has(host) || isBackWished(host, back) ? 1 : 0,
  )
  if (room <= 0 || !isAsked.includes(1)) return wishes
  const served = new Set(urgent.map(({ realm }) => realm))
  for (let index = 0; index < places.length; index += 1) {
    const place = places[index]!
    if (place < 0 || isAsked[place] === 0) continue
    const [realm, host] = [realms[index]!, table.at(place)!]
    if (!realm.loads[0]?.serving || served.has(realm)) continue
    const reason = takeExcess(toGive, host, realm) ? 'full' : isBetterElse(realm, host, back)
    if (reason === null) continue
    wishes.push({ realm, reason, from: host })
    if (wishes.length === room) break
  }
  return wishes
}

const isBackWished = ({ machine, pool }: Host, back: readonly PoolHosts[]): boolean =>
  machine.state === 'ready' && back.some(({ rank }) => rank < pool.rank)

/** Idle realms are not moved: the next to ask brings them where they belong. */
function isBetterElse(realm: RealmState, host: Host, back: readonly PoolHosts[]): 'come-back' | null {
  if (!realm.wanted) return null
  const isBetter = back.some(({ rank, pool }) => rank < host.pool.rank && mayRunIn(realm, pool))
  return isBetter ? 'come-back' : null
}

/** Of each full machine, how much of it should go. One that holds a single realm cannot be helped by moving it. */
function excessOf(table: HostTable, { fullShare, fillShare }: PlanOptions): Map<Host, number> {
  const excess = new Map<Host, number>()
  for (const { ready } of table.pools) {
    for (const host of ready) {
      if (host.share > fullShare && host.realms > 1) excess.set(host, host.share - fillShare)
    }
  }
  return excess
}

function takeExcess(toGive: Map<Host, number>, host: Host, realm: RealmState): boolean {
  const left = toGive.get(host)
  if (left === undefined) return false
  const { memoryBytes, cpus } = host.machine
  const share = Math.max(realm.memoryBytes / memoryBytes, realm.cpus / cpus)
  if (share === 0) return false
  if (left > share) toGive.set(host, left - share)
  else toGive.delete(host)
  return true
}
