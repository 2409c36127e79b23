import type { FleetState, MachineState, PoolState, RealmState } from '../fleet-state.ts'
import { homesIn } from '../homes.ts'
import type { PlanAction } from '../plan-action.ts'

export const pool = (over: Partial<PoolState> = {}): PoolState => ({
  ...{
    name: 'own',
    group: null,
    zone: null,
    isolation: 'process',
    floor: 0,
    ceiling: 10,
    spares: 0,
    prepared: 0,
    memoryBytes: 1000,
    cpus: 10,
  },
  ...{ price: null, priceCeiling: null, backoff: null },
  ...over,
})

export const machine = (over: Partial<MachineState> = {}): MachineState => ({
  ...{ id: 'm1', pool: 'own', state: 'ready', reason: null, outdated: null, forced: false },
  ...{ memoryBytes: 1000, cpus: 10, isKnown: true, emptyMs: 0 },
  ...over,
})

export const realm = (over: Partial<RealmState> = {}): RealmState => ({
  ...{ realm: 'wiki', account: 'acme', pool: null, isolation: null, floor: null, loads: [] },
  ...{ wanted: true, memoryBytes: 100, cpus: 0, waitMs: 0, work: 0, outgrown: null },
  ...over,
})

/** Loaded in these machines, and serving. */
export const on = (...machines: string[]): Pick<RealmState, 'loads'> => ({
  loads: machines.map((one) => ({ machine: one, serving: true })),
})

export interface ModelRealm extends RealmState {
  /** What one of its requests takes; the longer, the longer others wait at the same work. */
  serviceMs: number
  /** Requests that one of its loads works on at once; the more, the more suddenly they begin to wait. */
  places: number
}

/** A machine that could not be emptied by then is forced to go. */
const PATIENCE_ROUNDS = 20

/** What becomes of it by itself. */
const NEXT: Partial<Record<MachineState['state'], MachineState['state']>> = {
  starting: 'ready',
  preparing: 'prepared',
}

/** A fleet that does what it is told, at once: what is launched is ready in the next round, what is loaded serves. */
export class ModelFleet {
  pools: PoolState[]
  machines: MachineState[]
  realms: ModelRealm[]
  #launched = 0
  readonly #leavingRounds = new Map<string, number>()

  constructor(pools: PoolState[], machines: MachineState[], realms: ModelRealm[]) {
    this.pools = pools
    this.machines = machines
    this.realms = realms
  }

  get state(): FleetState {
    const { pools, machines, realms } = this
    return { pools, machines, realms, homesOf: homesIn(realms) }
  }

  /** Then a quarter of an hour passes. */
  carryOut(actions: readonly PlanAction[]): void {
    this.machines = this.machines.map((one) => ({ ...one, state: NEXT[one.state] ?? one.state }))
    this.#changeLoads(
      () => true,
      (loads) => loads.map(({ machine: one }) => ({ machine: one, serving: true })),
    )
    for (const action of actions) this.#carryOut(action)
    const taken = new Set(this.realms.flatMap(({ loads }) => loads.map((load) => load.machine)))
    for (const { id, state } of this.machines) {
      if (state === 'leaving') this.#leavingRounds.set(id, (this.#leavingRounds.get(id) ?? 0) + 1)
    }
    this.machines = this.machines.map((one) => ({
      ...{ ...one, isKnown: true },
      forced: one.forced || (this.#leavingRounds.get(one.id) ?? 0) > PATIENCE_ROUNDS,
      emptyMs: taken.has(one.id) ? 0 : one.emptyMs + 900_000,
    }))
    this.realms = this.realms.map((one) => ({ ...one, waitMs: waitMs(one) }))
  }

  servingOf({ loads }: RealmState): string[] {
    const gone = new Set(
      this.machines.filter((one) => one.state === 'lost' || one.forced).map(({ id }) => id),
    )
    const alive = new Set(this.machines.map(({ id }) => id))
    return loads
      .filter((load) => load.serving && alive.has(load.machine) && !gone.has(load.machine))
      .map((load) => load.machine)
  }

  #carryOut(action: PlanAction): void {
    switch (action.action) {
      case 'launch': {
        const { name, memoryBytes, cpus } = this.pools.find((one) => one.name === action.pool) ?? pool()
        this.#launched += 1
        const id = `new-${this.#launched}`
        const state = action.prepared ? 'preparing' : 'starting'
        this.machines.push(machine({ id, pool: name, state, memoryBytes, cpus }))
        break
      }
      case 'start':
        this.machines = this.machines.map((one) =>
          one.id === action.machine ? { ...one, state: 'starting' } : one,
        )
        break
      case 'drain':
        this.machines = this.machines.map((one) =>
          one.id === action.machine ? { ...one, state: 'leaving', reason: action.why } : one,
        )
        break
      case 'destroy':
        this.machines = this.machines.filter((one) => one.id !== action.machine)
        this.#changeLoads(
          () => true,
          (loads) => loads.filter((load) => load.machine !== action.machine),
        )
        break
      case 'load':
        this.#changeLoads(
          (one) => one.realm === action.realm,
          (loads) => [...loads, { machine: action.machine, serving: true }],
        )
        // As control remembers it.
        if (action.reason === 'busy')
          this.realms = this.realms.map((one) =>
            one.realm === action.realm ? { ...one, outgrown: one.work } : one,
          )
        break
      case 'unload':
        this.#changeLoads(
          (one) => one.realm === action.realm,
          (loads) => loads.filter((load) => load.machine !== action.machine),
        )
    }
  }

  #changeLoads(
    which: (realm: RealmState) => boolean,
    change: (loads: readonly RealmState['loads'][number][]) => RealmState['loads'],
  ): void {
    this.realms = this.realms.map((one) => (which(one) ? { ...one, loads: change(one.loads) } : one))
  }
}

/** A queue that grows without end has grown for so long when somebody looks. */
const ENDLESS_MS = 10_000

/**
 * How long requests wait that come at random: hardly at all, until the places are nearly all taken, and then without end. For several
 * places: Sakasegawa (1977), an approximation of M/M/c.
 */
export function waitMs(one: Pick<ModelRealm, 'work' | 'loads' | 'serviceMs' | 'places'>): number {
  const { work, loads, serviceMs, places } = one
  const share = work / Math.max(1, loads.length)
  if (share >= 1) return ENDLESS_MS * share
  return (serviceMs * share ** (Math.sqrt(2 * (places + 1)) - 1)) / (places * (1 - share))
}
