import { describe, expect, it } from '@jest/globals'
import { isBehind, type MachineState, mayRunIn, type PoolState, type RealmState } from './fleet-state.ts'
import { plan } from './plan.ts'
import type { FleetPlan, PlanAction } from './plan-action.ts'
import { DEFAULT_PLAN_OPTIONS } from './plan-options.ts'
import { ModelFleet, machine, on, pool, realm, waitMs } from './testing/model-fleet.ts'
import { randomFleet } from './testing/random-fleet.ts'

const { surge } = DEFAULT_PLAN_OPTIONS
const ROUNDS = 200

describe.each(Array.from({ length: 200 }, (_, index) => index + 1))(
  'a fleet left to itself (seed %d)',
  (seed) => {
    it('comes to rest, and keeps its promises on the way', () => {
      const fleet = randomFleet(seed)
      const totals = new Map(fleet.pools.map(({ name }) => [name, countIn(fleet, name)]))
      for (let round = 0; round < ROUNDS; round += 1) {
        const next = plan(fleet.state)
        expect(plan(fleet.state)).toEqual(next)
        if (next.actions.length === 0 && isSettled(fleet)) {
          return expectAtRest(fleet, next)
        }
        expectKept(fleet, next, totals)
      }
      throw new Error('the plan never came to rest')
    })
  },
)

describe('a realm whose work stays the same', () => {
  const machines = Array.from({ length: 5 }, (_, index) => machine({ id: `m${index}` }))
  const alone = (work: number, serviceMs: number, places: number) => {
    const one = { ...realm({ realm: 'wiki', loads: on('m0').loads, work }), serviceMs, places }
    return new ModelFleet([pool({ floor: 5 })], machines, [{ ...one, waitMs: waitMs(one) }])
  }
  /** Rounds until nothing moves any more; null: it always does. */
  const roundsToRest = (fleet: ModelFleet, change = {}): number | null => {
    for (let round = 0; round < 30; round += 1) {
      const { actions } = plan(fleet.state, change)
      if (actions.length === 0) return round
      fleet.carryOut(actions)
    }
    return null
  }
  const WORKS = Array.from({ length: 60 }, (_, index) => (index + 1) * 0.05)
  const cases = [1, 4, 16, 64].flatMap((places) => [5, 300, 5_000].map((serviceMs) => [places, serviceMs]))

  it.each(cases)('comes to rest with %d places and requests of %d ms', (places, serviceMs) => {
    const restless = WORKS.filter((work) => roundsToRest(alone(work, serviceMs!, places!)) === null)
    expect(restless).toEqual([])
  })

  it('would not, if it forgot what was too much', () => {
    expect(roundsToRest(alone(0.65, 5_000, 16), { outgrownShare: 1e9 })).toBeNull()
    expect(roundsToRest(alone(0.65, 5_000, 16))).not.toBeNull()
  })
})

/** Nothing comes, and nothing waits to go. */
const isSettled = ({ machines }: ModelFleet): boolean =>
  machines.every(({ state }) => state === 'ready' || state === 'prepared')

/** Carries it out and compares. */
function expectKept(fleet: ModelFleet, { actions }: FleetPlan, totals: Map<string, number>): void {
  // Below the floor nothing stays.
  const mayStay = (one: RealmState) => fleet.servingOf(one).some((id) => isAboveFloor(fleet, one, id))
  const served = fleet.realms.filter((one) => one.wanted && mayStay(one))
  const ready = new Map(fleet.pools.map(({ name }) => [name, readyIn(fleet, name)]))
  expectReserveUsed(fleet, actions)
  fleet.carryOut(actions)
  for (const { realm: name } of served) {
    const after = fleet.realms.find((one) => one.realm === name)
    const isThere = after?.loads.some((load) => fleet.machines.some(({ id }) => id === load.machine))
    expect({ name, isThere }).toEqual({ name, isThere: true })
  }
  for (const { name, floor, ceiling } of fleet.pools) {
    expect(countIn(fleet, name)).toBeLessThanOrEqual(Math.max(totals.get(name) ?? 0, ceiling + surge))
    totals.set(name, Math.max(ceiling + surge, countIn(fleet, name)))
    expect(readyIn(fleet, name)).toBeGreaterThanOrEqual(Math.min(floor, ready.get(name) ?? 0))
  }
}

/** Nothing that is needed is launched while something is prepared for it; what is started was prepared, and of this release, and goes not. */
function expectReserveUsed(fleet: ModelFleet, actions: readonly PlanAction[]): void {
  const started = actions.flatMap((one) => (one.action === 'start' ? [one] : []))
  const destroyed = new Set(actions.flatMap((one) => (one.action === 'destroy' ? [one.machine] : [])))
  for (const { machine: id, pool: name } of started) {
    const one = fleet.machines.find((entry) => entry.id === id)
    expect(one).toMatchObject({ pool: name, state: 'prepared', outdated: null })
    expect(destroyed.has(id)).toBe(false)
  }
  expect(new Set(started.map(({ machine: id }) => id)).size).toBe(started.length)
  const blocked = new Set(fleet.pools.filter(isBlocked).map(({ name }) => name))
  for (const action of actions) {
    if (action.action !== 'launch' && action.action !== 'start') continue
    expect(blocked.has(action.pool)).toBe(false)
    if (action.action === 'start' || action.prepared) continue
    const left = usable(fleet, action.pool).filter(({ id }) => !started.some((one) => one.machine === id))
    expect(left).toEqual([])
  }
}

const usable = (fleet: ModelFleet, name: string) =>
  fleet.machines.filter((one) => one.pool === name && one.state === 'prepared' && one.outdated === null)

function expectAtRest(fleet: ModelFleet, { problems }: FleetPlan): void {
  for (const one of fleet.pools) {
    const { name, floor, ceiling } = one
    expect(readyIn(fleet, name)).toBeLessThanOrEqual(ceiling)
    if (!isBlocked(one)) expect(readyIn(fleet, name)).toBeGreaterThanOrEqual(floor)
    expect(usable(fleet, name).length).toBeLessThanOrEqual(one.prepared)
    if (!isBlocked(one)) expect(usable(fleet, name).length).toBe(one.prepared)
  }
  const isMachine = (id: string) => fleet.machines.some((one) => one.id === id && one.state === 'ready')
  for (const one of fleet.realms.filter(({ wanted }) => wanted)) {
    const homes = fleet.pools.filter((entry) => mayRunIn(one, entry) && readyIn(fleet, entry.name) > 0)
    if (homes.length === 0) expect(problems).not.toEqual([])
    else expect(one.loads.some((load) => isMachine(load.machine))).toBe(true)
  }
  const isKept = ({ state, outdated }: MachineState) =>
    state === 'ready' || (state === 'prepared' && outdated === null)
  expect(fleet.machines.filter((one) => !isKept(one))).toEqual([])
  for (const { id, outdated, pool: name } of fleet.machines.filter((one) => one.outdated !== null)) {
    const blocked = fleet.pools.some((entry) => entry.name === name && isBlocked(entry))
    expect({ id, outdated: blocked ? outdated : null }).toEqual({ id, outdated })
  }
}

const countIn = (fleet: ModelFleet, name: string): number =>
  fleet.machines.filter(
    ({ pool: home, state }) => home === name && state !== 'prepared' && state !== 'preparing',
  ).length

const readyIn = (fleet: ModelFleet, name: string): number =>
  fleet.machines.filter((one) => one.pool === name && one.state === 'ready').length

const isBlocked = ({ backoff, price, priceCeiling }: PoolState): boolean =>
  backoff !== null || (price !== null && priceCeiling !== null && price > priceCeiling)

function isAboveFloor(fleet: ModelFleet, { floor }: RealmState, id: string): boolean {
  const name = fleet.machines.find((one) => one.id === id)?.pool
  return fleet.pools.some((one) => one.name === name && isBehind(floor, one))
}
