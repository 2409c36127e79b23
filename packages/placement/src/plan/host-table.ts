import type { MachineState, PoolState, RealmState } from './fleet-state.ts'
import { HostHeap } from './host-heap.ts'
import { Tally } from './tally.ts'

/** A machine and what the realms in it use, known once the table is settled. */
export class Host {
  readonly machine: MachineState
  readonly pool: PoolHosts
  usedBytes = 0
  usedCpus = 0
  realms = 0
  /** Of them, those that other machines hold too. */
  spread = 0
  /** Of its largest realm. */
  largestBytes = 0
  /** Of memory or cores, whichever is scarcer. */
  share = 0
  /** Something was given to it in this round. */
  isGiven = false
  /** Where it stands in its pool's heap. */
  place = 0

  constructor(machine: MachineState, pool: PoolHosts) {
    this.machine = machine
    this.pool = pool
  }
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
  /** All but those that are kept prepared. */
  readonly working: number
  /** Those that can be started, of this release. */
  readonly prepared: Host[]
  /** Those and the ones that are still being prepared. */
  readonly reserve: Host[]
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
  /** By place. */
  readonly hosts: Host[] = []
  readonly tally: Tally
  readonly #places = new Map<string, number>()
  /** By place: 1 takes work. */
  readonly #ready: Uint8Array
  readonly #byName: ReadonlyMap<string, PoolHosts>

  constructor(pools: readonly PoolState[], machines: readonly MachineState[]) {
    const byPool = Map.groupBy(machines, ({ pool }) => pool)
    // A group is as preferred as the first of its pools.
    this.ranks = [...Map.groupBy(pools, ({ group, name }) => group ?? `pool ${name}`).values()].map(
      (alike, rank) => alike.map((pool) => this.#poolHosts(pool, rank, byPool.get(pool.name) ?? [])),
    )
    this.pools = this.ranks.flat()
    this.#byName = new Map(this.pools.map((one) => [one.pool.name, one]))
    this.tally = new Tally(this.hosts.length)
    this.#ready = Uint8Array.from(this.hosts, ({ machine }) => (machine.state === 'ready' ? 1 : 0))
  }

  get(machine: string): Host | undefined {
    return this.at(this.placeOf(machine))
  }

  /** -1: it is not there. */
  placeOf(machine: string): number {
    return this.#places.get(machine) ?? -1
  }

  at(place: number): Host | undefined {
    return this.hosts[place]
  }

  /** The same as its host says, quicker. */
  isReadyAt(place: number): boolean {
    return this.#ready[place] === 1
  }

  pool(name: string): PoolHosts | undefined {
    return this.#byName.get(name)
  }

  /** All realms have been counted: shares are known from here on. */
  settle(): void {
    const { usedBytes, usedCpus, largestBytes, realms, spread } = this.tally
    for (const [place, host] of this.hosts.entries()) {
      host.usedBytes = usedBytes[place]!
      host.usedCpus = usedCpus[place]!
      host.largestBytes = largestBytes[place]!
      host.realms = realms[place]!
      host.spread = spread[place]!
      host.share = shareOf(host, host.usedBytes, host.usedCpus)
    }
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
      ...{ starting: count('starting'), leaving: count('leaving'), prepared: [], reserve: [] },
      working: machines.length - count('preparing') - count('prepared'),
    }
    for (const machine of machines) {
      const host = new Host(machine, made)
      this.#places.set(machine.id, this.hosts.push(host) - 1)
      made.all.push(host)
      const { state, outdated } = machine
      if (state === 'ready') made.ready.push(host)
      if (state === 'prepared' && outdated === null) made.prepared.push(host)
      if (state === 'prepared' || state === 'preparing') made.reserve.push(host)
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
