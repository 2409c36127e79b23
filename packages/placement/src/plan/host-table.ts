import type { MachineState, PoolState, RealmState } from './fleet-state.ts'
import { HostHeap } from './host-heap.ts'

/** A machine and what the realms in it use. */
export interface Host {
  readonly machine: MachineState
  readonly pool: PoolHosts
  usedBytes: number
  usedCpus: number
  realms: number
  /** Of them, those that other machines hold too. */
  spread: number
  /** Of its largest realm. */
  largestBytes: number
  /** Of memory or cores, whichever is scarcer. */
  share: number
  /** Something was given to it in this round. */
  isGiven: boolean
  /** Where it stands in its pool's heap. */
  place: number
}

/** A pool and its machines. */
export interface PoolHosts {
  readonly pool: PoolState
  /** 0: the most preferred. Pools of one group share it. */
  readonly rank: number
  readonly all: Host[]
  /** Those that take work. */
  readonly ready: Host[]
  readonly starting: number
  readonly leaving: number
  /** Of those that are ready. Only after `settle`, like the heap. */
  empty: number
  heap: HostHeap<Host>
}

/** The fleet by id and by pool, with how full each machine is. */
export class HostTable {
  /** In order of rank. */
  readonly pools: readonly PoolHosts[]
  /** The same, those of one rank together. */
  readonly ranks: readonly (readonly PoolHosts[])[]
  readonly #hosts = new Map<string, Host>()
  readonly #byName: ReadonlyMap<string, PoolHosts>

  constructor(pools: readonly PoolState[], machines: readonly MachineState[]) {
    const byPool = Map.groupBy(machines, ({ pool }) => pool)
    // A group is as preferred as the first of its pools.
    this.ranks = [...Map.groupBy(pools, ({ group, name }) => group ?? `pool ${name}`).values()].map(
      (alike, rank) => alike.map((pool) => this.#poolHosts(pool, rank, byPool.get(pool.name) ?? [])),
    )
    this.pools = this.ranks.flat()
    this.#byName = new Map(this.pools.map((one) => [one.pool.name, one]))
  }

  get(machine: string): Host | undefined {
    return this.#hosts.get(machine)
  }

  pool(name: string): PoolHosts | undefined {
    return this.#byName.get(name)
  }

  /** All realms have been counted: shares are known from here on. */
  settle(): void {
    for (const host of this.#hosts.values()) host.share = shareOf(host, host.usedBytes, host.usedCpus)
    for (const one of this.pools) {
      one.heap = new HostHeap([...one.ready])
      one.empty = one.ready.reduce((sum, { realms }) => sum + (realms === 0 ? 1 : 0), 0)
    }
  }

  /** A load of the realm is on its way to the host. */
  add(host: Host, realm: RealmState): void {
    host.usedBytes += realm.memoryBytes
    host.usedCpus += cpusEach(realm)
    if (host.realms === 0) host.pool.empty -= 1
    host.realms += 1
    host.isGiven = true
    host.share = shareOf(host, host.usedBytes, host.usedCpus)
    host.pool.heap.fuller(host)
  }

  #poolHosts(pool: PoolState, rank: number, machines: readonly MachineState[]): PoolHosts {
    const count = (state: MachineState['state']) => machines.filter((one) => one.state === state).length
    const made: PoolHosts = {
      ...{ pool, rank, all: [], ready: [], empty: 0, heap: new HostHeap<Host>([]) },
      ...{ starting: count('starting'), leaving: count('leaving') },
    }
    for (const machine of machines) {
      const used = { usedBytes: 0, usedCpus: 0, realms: 0, spread: 0, largestBytes: 0, share: 0 }
      const host = { machine, pool: made, ...used, place: 0, isGiven: false }
      this.#hosts.set(machine.id, host)
      made.all.push(host)
      if (machine.state === 'ready') made.ready.push(host)
    }
    return made
  }
}

/** How full the host would be with the realm in it. */
export const shareWith = (host: Host, realm: RealmState): number =>
  shareOf(host, host.usedBytes + realm.memoryBytes, host.usedCpus + cpusEach(realm))

/** How full the host, which has a load of the realm, would be if the realm had one load less elsewhere. */
export function shareWithFewer(host: Host, realm: RealmState): number {
  const { cpus, loads } = realm
  const more = loads.length > 1 ? cpus / (loads.length - 1) - cpus / loads.length : 0
  return shareOf(host, host.usedBytes, host.usedCpus + more)
}

/** What one of its loads keeps busy. */
export const cpusEach = (realm: RealmState): number => realm.cpus / Math.max(1, realm.loads.length)

function shareOf({ machine }: Host, bytes: number, cpus: number): number {
  return Math.max(bytes / machine.memoryBytes, cpus / machine.cpus)
}
