import { describe, expect, it } from '@jest/globals'
import { fixedFleet, smallestFixedFleet } from './fixed-fleet.ts'
import { PRICES, runWeek, spotFirstPools, TYPE_CPUS } from './run-week.ts'
import { STEP_MS, totalCores, WEEK_STEPS, weekDemand } from './week-demand.ts'

const HOUR_STEPS = 3_600_000 / STEP_MS

describe('the demand of a week', () => {
  it('swings by day and by week, and is the same for the same seed', () => {
    const { realms } = weekDemand(3, 12, 1)
    const total = totalCores(realms)
    const meanOf = (day: number, hour: number) => {
      const from = (day * 24 + hour) * HOUR_STEPS
      return total.subarray(from, from + HOUR_STEPS).reduce((sum, cores) => sum + cores, 0) / HOUR_STEPS
    }
    expect(meanOf(1, 13)).toBeGreaterThan(3 * meanOf(1, 3))
    expect(meanOf(1, 13)).toBeGreaterThan(1.5 * meanOf(5, 13))
    expect(totalCores(weekDemand(3, 12, 1).realms)).toEqual(total)
    expect(totalCores(weekDemand(4, 12, 1).realms)).not.toEqual(total)
  })
})

describe('a fixed fleet', () => {
  const demand = new Float64Array(WEEK_STEPS).fill(8)
  const options = { demand, cpus: 4, hourPrice: 0.5, zones: 3, servedShare: 1 }

  it('is as small as can be, and pays for the zone that goes dark', () => {
    const never = { from: 0, until: 0 }
    expect(smallestFixedFleet({ ...options, dark: never })).toEqual({
      ...{ machines: 2, servedShare: 1, amount: 2 * 0.5 * 168 },
    })
    expect(smallestFixedFleet({ ...options, dark: { from: 0, until: 1 } }).machines).toBe(3)
    expect(fixedFleet(1, { ...options, dark: never }).servedShare).toBe(0.5)
  })
})

describe('a planned fleet', () => {
  it('is of types with the cores and the price that they are said to have', () => {
    // An xlarge has four cores; no such type of these families costs less than 3 cents a core.
    for (const [type, price] of Object.entries(PRICES)) {
      expect(type).toMatch(/^[a-z]+\d[a-z]*\.xlarge$/)
      expect(price / TYPE_CPUS).toBeGreaterThan(0.03)
    }
  })

  it('comes out the same each time, and serves what it is asked', async () => {
    const demand = weekDemand(5, 12, 2)
    const run = () => runWeek({ name: 'x', seed: 5, pools: spotFirstPools, demand, steps: 2 * HOUR_STEPS })
    const first = await run()
    expect(await run()).toEqual(first)
    // All but what is asked before its first machine has booted.
    expect(first.askedShareServed).toBeGreaterThan(0.97)
    expect(first.amount).toBeGreaterThan(0)
    expect(first.figures.lost).toBe(0)
  })
})
