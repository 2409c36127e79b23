import { describe, expect, it } from '@jest/globals'
import { mayRunIn, type PoolState } from './fleet-state.ts'
import { plan } from './plan.ts'
import type { FleetPlan } from './plan-action.ts'
import { DEFAULT_PLAN_OPTIONS } from './plan-options.ts'
import type { ModelFleet } from './testing/model-fleet.ts'
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

/** Nothing comes, and nothing waits to go. */
const isSettled = ({ machines }: ModelFleet): boolean => machines.every(({ state }) => state === 'ready')

/** Carries it out and compares. */
function expectKept(fleet: ModelFleet, { actions }: FleetPlan, totals: Map<string, number>): void {
  const served = fleet.realms.filter((one) => one.wanted && fleet.servingOf(one).length > 0)
  const ready = new Map(fleet.pools.map(({ name }) => [name, readyIn(fleet, name)]))
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

function expectAtRest(fleet: ModelFleet, { problems }: FleetPlan): void {
  for (const one of fleet.pools) {
    const { name, floor, ceiling } = one
    expect(readyIn(fleet, name)).toBeLessThanOrEqual(ceiling)
    if (!isBlocked(one)) expect(readyIn(fleet, name)).toBeGreaterThanOrEqual(floor)
  }
  const isMachine = (id: string) => fleet.machines.some((one) => one.id === id && one.state === 'ready')
  for (const one of fleet.realms.filter(({ wanted }) => wanted)) {
    const homes = fleet.pools.filter((entry) => mayRunIn(one, entry) && readyIn(fleet, entry.name) > 0)
    if (homes.length === 0) expect(problems).not.toEqual([])
    else expect(one.loads.some((load) => isMachine(load.machine))).toBe(true)
  }
  expect(fleet.machines.filter(({ state }) => state !== 'ready')).toEqual([])
  for (const { id, outdated, pool: name } of fleet.machines.filter((one) => one.outdated !== null)) {
    const blocked = fleet.pools.some((entry) => entry.name === name && isBlocked(entry))
    expect({ id, outdated: blocked ? outdated : null }).toEqual({ id, outdated })
  }
}

const countIn = (fleet: ModelFleet, name: string): number =>
  fleet.machines.filter((one) => one.pool === name).length

const readyIn = (fleet: ModelFleet, name: string): number =>
  fleet.machines.filter((one) => one.pool === name && one.state === 'ready').length

const isBlocked = ({ backoff, price, priceCeiling }: PoolState): boolean =>
  backoff !== null || (price !== null && priceCeiling !== null && price > priceCeiling)
