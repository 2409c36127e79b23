import { mayRunIn, type RealmState } from './fleet-state.ts'
import { type Host, type PoolHosts, shareWith } from './host-table.ts'

export interface HostChoice {
  /** In order of preference. */
  pools: readonly PoolHosts[]
  /** Where the account is at home already. */
  homes: ReadonlySet<Host> | null
  /** Pools from this rank on are out of the question. */
  belowRank: number
  /** How full a machine may be with the realm in it. */
  upTo: number
}

/**
 * The machine for one more load of a realm, or null when none has room. The most preferred pool with room decides; in it, a machine where
 * the account is at home, else the emptiest that is no spare, else a spare. Never one that holds the realm.
 */
export function chooseHost(realm: RealmState, { pools, homes, belowRank, upTo }: HostChoice): Host | null {
  const holds = (host: Host) => realm.loads.some(({ machine }) => machine === host.machine.id)
  for (const hosts of pools) {
    if (hosts.rank >= belowRank || !mayRunIn(realm, hosts.pool)) continue
    const home = homes && emptiestHome(realm, hosts, homes, upTo)
    if (home) return home
    // Spare machines stay spare while others have room.
    const isReserve = hosts.empty <= hosts.pool.spares
    const working = isReserve && hosts.heap.emptiest((host) => host.realms === 0 || holds(host))
    if (working && shareWith(working, realm) <= upTo) return working
    const emptiest = hosts.heap.emptiest(holds)
    if (emptiest && shareWith(emptiest, realm) <= upTo) return emptiest
  }
  return null
}

function emptiestHome(
  realm: RealmState,
  hosts: PoolHosts,
  homes: ReadonlySet<Host>,
  upTo: number,
): Host | null {
  let best: Host | null = null
  for (const host of homes) {
    if (host.pool !== hosts || host.machine.state !== 'ready') continue
    if (realm.loads.some(({ machine }) => machine === host.machine.id)) continue
    if (shareWith(host, realm) > upTo) continue
    if (
      !best ||
      host.share < best.share ||
      (host.share === best.share && host.machine.id < best.machine.id)
    ) {
      best = host
    }
  }
  return best
}
