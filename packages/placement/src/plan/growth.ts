import { mayRunIn, type RealmState } from './fleet-state.ts'
import { growthOrder } from './growth-order.ts'
import { cpusEach, type Host, type PoolHosts } from './host-table.ts'
import type { LaunchReason, PlanAction } from './plan-action.ts'
import type { PlanOptions } from './plan-options.ts'

interface Upcoming {
  /** Of machines that will work, started ones included. */
  launches: number
  /** Of `PoolHosts.prepared`, so many are started. */
  starts: number
  /** Room on machines that are starting or about to. */
  bytes: number
  cpus: number
}

/**
 * Launches of this round, within floors, ceilings and what the providers are said to be able to. What is prepared is started before anything
 * is launched.
 */
export class Growth {
  readonly actions: Extract<PlanAction, { action: 'launch' | 'start' }>[] = []
  readonly #upcoming = new Map<PoolHosts, Upcoming>()
  readonly #ranks: readonly (readonly PoolHosts[])[]
  readonly #options: PlanOptions

  constructor(ranks: readonly (readonly PoolHosts[])[], options: PlanOptions) {
    this.#ranks = ranks
    this.#options = options
    for (const hosts of ranks.flat()) {
      const upcoming = { launches: 0, starts: 0, bytes: 0, cpus: 0 }
      this.#upcoming.set(hosts, upcoming)
      for (let count = 0; count < hosts.starting; count += 1) this.#addRoom(hosts, upcoming)
    }
  }

  launches(hosts: PoolHosts): number {
    return this.#of(hosts).launches
  }

  /** It is started in this round. */
  isStarted(host: Host): boolean {
    const { prepared } = host.pool
    const at = prepared.indexOf(host)
    return at >= 0 && at < this.#of(host.pool).starts
  }

  /** Those that take work or will. */
  alive(hosts: PoolHosts): number {
    return hosts.ready.length + hosts.starting + this.launches(hosts)
  }

  /** Null: another may be launched. `replaced`: of them, so many are about to go. */
  whyNot(hosts: PoolHosts, replaced = 0): string | null {
    const blocked = whyBlocked(hosts)
    if (blocked !== null) return blocked
    const { ceiling } = hosts.pool
    const total = hosts.working + this.launches(hosts)
    if (this.alive(hosts) - replaced >= ceiling) return `it has its ceiling of ${ceiling}`
    if (total < ceiling + this.#options.surge) return null
    return `${total} exist, some of them about to go`
  }

  /** Whether it was launched; more than a round allows wait for the next. */
  launch(hosts: PoolHosts, reason: LaunchReason, why: string): boolean {
    const upcoming = this.#of(hosts)
    if (upcoming.launches >= this.#options.maxLaunches) return false
    upcoming.launches += 1
    this.#addRoom(hosts, upcoming)
    const next = hosts.prepared[upcoming.starts]
    const pool = hosts.pool.name
    if (next) {
      upcoming.starts += 1
      this.actions.push({ action: 'start', pool, machine: next.machine.id, reason, why })
    } else this.actions.push({ action: 'launch', pool, reason, why })
    return true
  }

  /** One to be kept, for later. */
  prepare(hosts: PoolHosts, why: string): void {
    this.actions.push({ action: 'launch', pool: hosts.pool.name, reason: 'prepared', why, prepared: true })
  }

  /**
   * Room for a realm that fits nowhere now: on a machine that is coming, or one that is launched for it, in the most preferred pool
   * below `belowRank` that can. False: there will be none.
   */
  makeRoom(realm: RealmState, belowRank: number): boolean {
    for (const [rank, alike] of this.#ranks.entries()) {
      if (rank >= belowRank) return false
      const pools = alike.filter((hosts) => mayRunIn(realm, hosts.pool) && this.#isLargeEnough(hosts, realm))
      if (pools.some((hosts) => this.#takeRoom(hosts, realm))) return true
      const able = pools.filter((hosts) => this.whyNot(hosts) === null)
      const [next] = growthOrder(able, alike, (hosts) => this.alive(hosts))
      if (!next) continue
      const why = `realm ${realm.realm} and what comes after it fit on no machine of pool ${next.pool.name}`
      if (this.launch(next, 'need', why)) this.#takeRoom(next, realm)
      return true
    }
    return false
  }

  /** Even an empty machine would not do: more of them are no help. */
  #isLargeEnough({ pool }: PoolHosts, realm: RealmState): boolean {
    const { fillShare } = this.#options
    return realm.memoryBytes <= pool.memoryBytes * fillShare && cpusEach(realm) <= pool.cpus * fillShare
  }

  #takeRoom(hosts: PoolHosts, realm: RealmState): boolean {
    const upcoming = this.#of(hosts)
    const cpus = cpusEach(realm)
    if (upcoming.bytes < realm.memoryBytes || upcoming.cpus < cpus) return false
    upcoming.bytes -= realm.memoryBytes
    upcoming.cpus -= cpus
    return true
  }

  #addRoom({ pool }: PoolHosts, upcoming: Upcoming): void {
    upcoming.bytes += pool.memoryBytes * this.#options.fillShare
    upcoming.cpus += pool.cpus * this.#options.fillShare
  }

  #of(hosts: PoolHosts): Upcoming {
    const upcoming = this.#upcoming.get(hosts)
    if (upcoming) return upcoming
    throw new Error(`pool ${hosts.pool.name} is of another table`)
  }
}

/** Why its provider is not asked for anything now. */
export function whyBlocked({ pool }: PoolHosts): string | null {
  if (pool.backoff !== null) return pool.backoff
  if (pool.price === null || pool.priceCeiling === null || pool.price <= pool.priceCeiling) return null
  return `its price of ${pool.price} an hour is above the ceiling of ${pool.priceCeiling}`
}
