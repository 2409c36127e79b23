import { mayRunIn, type RealmState } from './fleet-state.ts'
import type { Host, HostTable, PoolHosts } from './host-table.ts'
import type { PlanOptions } from './plan-options.ts'
import type { Need } from './realm-needs.ts'

/** What is only found when it is known how full the machines are. */
export interface Wishes {
  /** Realms that full machines give away, and those that would rather be elsewhere. Never more than a round can do. */
  wishes: Need[]
  /** Of each account that needs something: the machines where it is at home. */
  homes: Map<string, Set<Host>>
}

/** Goes over the realms again, unless nobody asks for anything. `back`: the pools that take realms back. */
export function findWishes(
  realms: Iterable<RealmState>,
  table: HostTable,
  urgent: readonly Need[],
  back: readonly PoolHosts[],
  options: PlanOptions,
): Wishes {
  const found: Wishes = { wishes: [], homes: new Map() }
  const { wishes, homes } = found
  const served = new Set(urgent.map(({ realm }) => realm))
  for (const { account } of served) homes.set(account, new Set())
  const toGive = excessOf(table, options)
  const isBackWished = table.pools.some(
    ({ rank, ready }) => back.some((one) => one.rank < rank) && ready.some(hasRealms),
  )
  if (urgent.length === 0 && toGive.size === 0 && !isBackWished) return found
  // A round that is full already wishes for nothing more, and has to know only where its accounts are at home.
  const mayWish = urgent.length < options.maxLoads && (toGive.size > 0 || isBackWished)
  for (const realm of realms) {
    const home = homes.get(realm.account)
    if (!home && !mayWish) continue
    const [first] = realm.loads
    const host = first && table.get(first.machine)
    if (!host) continue
    home?.add(host)
    if (!mayWish || urgent.length + wishes.length >= options.maxLoads) continue
    if (realm.loads.length > 1 || !first.serving || host.machine.state !== 'ready' || served.has(realm))
      continue
    const reason = takeExcess(toGive, host, realm) ? 'full' : isBetterElse(realm, host, back)
    if (reason === null) continue
    wishes.push({ realm, reason, from: host })
    if (!home) homes.set(realm.account, new Set())
  }
  return found
}

const hasRealms = ({ realms }: Host): boolean => realms > 0

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
