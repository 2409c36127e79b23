import { mayRunIn, type RealmState } from './fleet-state.ts'
import { type Host, type PoolHosts, shareWith } from './host-table.ts'

export interface HostChoice {
  /** In order of preference; those that are as good as each other together. */
  ranks: readonly (readonly PoolHosts[])[]
  /** Where the account is at home already. */
  homes: ReadonlySet<Host> | null
  /** Pools from this rank on are out of the question. */
  belowRank: number
  /** How full a machine may be with the realm in it. */
  upTo: number
}

/**
 * The machine for one more load of a realm, or null when none has room. The most preferred pool with room decides, or group of pools; in it,
 * a machine where the account is at home, else the emptiest that is no spare, else a spare. Never one that holds the realm.
 */
export function chooseHost(realm: RealmState, { ranks, homes, belowRank, upTo }: HostChoice): Host | null {
  const holds = (host: Host) => realm.loads.some(({ machine }) => machine === host.machine.id)
  const fits = (host: Host | null) => host !== null && shareWith(host, realm) <= upTo
  for (const [rank, alike] of ranks.entries()) {
    if (rank >= belowRank) break
    const pools = alike.filter(({ pool }) => mayRunIn(realm, pool))
    const home = homes && emptiestHome(realm, pools, homes, upTo)
    if (home) return home
    // Spare machines stay spare while others have room.
    const working = emptiestOf(pools, ({ empty, pool, heap }) =>
      heap.emptiest((host) => holds(host) || (host.realms === 0 && empty <= pool.spares)),
    )
    if (fits(working)) return working
    const emptiest = emptiestOf(pools, ({ heap }) => heap.emptiest(holds))
    if (fits(emptiest)) return emptiest
  }
  return null
}

function emptiestHome(
  realm: RealmState,
  pools: readonly PoolHosts[],
  homes: ReadonlySet<Host>,
  upTo: number,
): Host | null {
  let best: Host | null = null
  for (const host of homes) {
    if (!pools.includes(host.pool) || host.machine.state !== 'ready') continue
    if (realm.loads.some(({ machine }) => machine === host.machine.id)) continue
    if (shareWith(host, realm) <= upTo && (!best || isEmptier(host, best))) best = host
  }
  return best
}

function emptiestOf(pools: readonly PoolHosts[], of: (hosts: PoolHosts) => Host | null): Host | null {
  let best: Host | null = null
  for (const hosts of pools) {
    const host = of(hosts)
    if (host && (!best || isEmptier(host, best))) best = host
  }
  return best
}

const isEmptier = (a: Host, b: Host): boolean =>
  a.share === b.share ? a.machine.id < b.machine.id : a.share < b.share
