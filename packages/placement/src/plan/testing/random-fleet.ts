import { ISOLATIONS, type MachineState, type PoolState } from '../fleet-state.ts'
import { ModelFleet, type ModelRealm, machine, pool, realm, waitMs } from './model-fleet.ts'

/** A small reproducible generator (Lehmer); whole numbers below `limit`. */
function seeded(seed: number): (limit: number) => number {
  let state = (seed * 7_919) % 2_147_483_647
  return (limit) => {
    state = (state * 48_271) % 2_147_483_647
    return state % limit
  }
}

type Below = (limit: number) => number

/** Pools, machines and realms in any state, well or not. */
export function randomFleet(seed: number): ModelFleet {
  const below = seeded(seed)
  const pools = Array.from({ length: 1 + below(3) }, (_, index) => randomPool(below, index))
  const machines = Array.from({ length: below(12) }, (_, index) => randomMachine(below, index, pools))
  const realms = Array.from({ length: below(60) }, (_, index) => randomRealm(below, index, pools, machines))
  return new ModelFleet(pools, machines, realms)
}

function randomPool(below: Below, index: number): PoolState {
  const floor = below(4)
  return pool({
    name: `pool-${index}`,
    ...{ isolation: ISOLATIONS[below(3)] ?? 'vm', floor, ceiling: floor + below(6), spares: below(3) },
    ...{ memoryBytes: 500 + below(3) * 500, cpus: 5 + below(3) * 5 },
    group: below(2) === 0 ? 'alike' : null,
    zone: ['a', 'b', null][below(3)] ?? null,
    prepared: Math.max(0, below(6) - 2),
    backoff: below(5) === 0 ? 'its provider fails' : null,
    price: below(3),
    priceCeiling: below(2) === 0 ? null : below(4),
  })
}

const STATES = [
  ...(['ready', 'ready', 'ready', 'starting', 'leaving', 'lost'] as const),
  ...(['prepared', 'prepared', 'preparing'] as const),
]
const MAY_BE_OLD = new Set<MachineState['state']>(['ready', 'prepared', 'preparing'])
const WITH_REALMS = new Set<MachineState['state']>(['ready', 'leaving', 'lost'])

function randomMachine(below: Below, index: number, pools: PoolState[]): MachineState {
  const home = pools[below(pools.length)] ?? pool()
  const state = STATES[below(STATES.length)] ?? 'ready'
  return machine({
    ...{ id: `m-${index}`, pool: home.name, state, memoryBytes: home.memoryBytes, cpus: home.cpus },
    outdated: MAY_BE_OLD.has(state) && below(4) === 0 ? 'it is of an older release' : null,
    forced: state === 'leaving' && below(3) === 0,
    isKnown: below(10) > 0,
    emptyMs: below(400_000),
  })
}

function randomRealm(below: Below, index: number, pools: PoolState[], machines: MachineState[]): ModelRealm {
  const homes = machines.filter(({ state }) => WITH_REALMS.has(state))
  const ids = new Set(
    Array.from({ length: homes.length > 0 ? below(3) : 0 }, () => homes[below(homes.length)]?.id ?? ''),
  )
  const loads = [...ids].map((id) => ({ machine: id, serving: below(5) > 0 }))
  // Three in four have little to do.
  const work = below(4) === 0 ? below(400) / 100 : below(20) / 100
  const serviceMs = [1, 20, 300, 5_000][below(4)] ?? 1
  const places = [1, 4, 16, 64][below(4)] ?? 1
  return {
    ...realm({ realm: `r-${index}`, account: `a-${below(8)}`, memoryBytes: 1 + below(150) }),
    ...{ wanted: below(4) > 0, work, serviceMs, places },
    ...{ waitMs: waitMs({ work, loads, serviceMs, places }), cpus: below(20) / 10 },
    ...{ loads, floor: below(8) === 0 ? (ISOLATIONS[below(3)] ?? null) : null },
    pool: below(10) === 0 ? (pools[below(pools.length)]?.name ?? null) : null,
    isolation: below(6) === 0 ? (ISOLATIONS[below(3)] ?? null) : null,
  }
}
