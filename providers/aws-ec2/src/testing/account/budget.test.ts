import { describe, expect, it } from '@jest/globals'
import { Budget, type BudgetOptions } from './budget.ts'
import { machineRate } from './machine-rate.ts'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

/** An hour's run of machines that cost a dollar an hour; time passes when it is told. */
function budgetOf(change: Partial<BudgetOptions> = {}) {
  const clock = { nowMs: 0 }
  const budget = new Budget({
    ...{ limitUsd: 10, usdPerHour: 1, asideUsd: 0, endsAtMs: HOUR_MS - 5 * MINUTE_MS },
    nowMs: () => clock.nowMs,
    ...change,
  })
  return { budget, clock }
}

describe('the budget of a run in an account', () => {
  it('refuses a plan that may cost more, with what it may cost', () => {
    const { budget } = budgetOf({ limitUsd: 3, asideUsd: 0.5 })
    const step = { name: 'half an hour', machines: 5, minutes: 30 }
    expect(budget.costOf(step)).toBe(2.5)
    expect(() => budget.require([step])).not.toThrow()
    expect(() => budget.require([step, { name: 'one', machines: 1, minutes: 1 }])).toThrow(
      /nothing was made: this may cost 3\.02 USD and the budget is 3\.00 USD; give a --budget of 3\.02 USD/,
    )
  })

  it('puts aside what a machine costs until the end of the run, and launches nothing beyond', () => {
    const { budget } = budgetOf({ limitUsd: 2.5 })
    budget.reserve('a')
    budget.reserve('b')
    expect(budget.committedUsd).toBeCloseTo(2)
    expect(() => budget.reserve('c')).toThrow(/budget is used up.*1\.00 USD.*of 2\.50 USD 2\.00 USD/)
    expect(() => budget.reserve('many', 3)).toThrow(/used up/)
  })

  it('takes the same launch once, however often it is asked for', () => {
    const { budget } = budgetOf({ limitUsd: 1 })
    budget.reserve('a')
    budget.reserve('a')
    expect(budget.committedUsd).toBeCloseTo(1)
  })

  it('gives back what AWS refused, and what a machine that ended did not use', () => {
    const { budget, clock } = budgetOf({ limitUsd: 1 })
    budget.reserve('refused')
    budget.notMade('refused')
    expect(budget.committedUsd).toBe(0)
    budget.reserve('a')
    budget.made('a', ['i-1'])
    budget.notMade('a')
    budget.ended(new Set(['i-2']))
    expect(budget.committedUsd).toBeCloseTo(1)
    clock.nowMs = 30 * MINUTE_MS
    budget.ended(new Set(['i-1']))
    expect(budget.committedUsd).toBeCloseTo(0.5)
    budget.reserve('b')
    expect(() => budget.reserve('c')).toThrow(/used up/)
  })

  it('bills a minute for what ran less, and holds what nobody knows the end of', () => {
    const { budget, clock } = budgetOf()
    budget.reserve('short')
    budget.made('short', ['i-1'])
    clock.nowMs = 1_000
    budget.ended(new Set(['i-1']))
    expect(budget.committedUsd).toBeCloseTo(1 / 60)
    budget.reserve('unanswered')
    budget.ended(new Set(['i-1', 'i-2']))
    expect(budget.committedUsd).toBeGreaterThan(0.9)
  })

  it('launches nothing when the run is over', () => {
    const { budget, clock } = budgetOf()
    clock.nowMs = HOUR_MS
    expect(() => budget.reserve('late')).toThrow(/time of this run is over/)
    clock.nowMs = 0
    budget.close('it was interrupted')
    expect(() => budget.reserve('after')).toThrow(/interrupted/)
  })
})

describe('what a machine costs', () => {
  it('is the dearest type with processors beyond its credits, volume and address, as in the price file', async () => {
    const rate = await machineRate({ region: 'us-east-1', types: ['t3.micro', 't3.small'], volumeGib: 73 })
    expect(rate).toBeCloseTo(0.0208 + 0.1 + 0.008 + 0.005, 6)
    expect(await machineRate({ region: 'us-east-1', types: ['m7g.large'], volumeGib: 0 })).toBeCloseTo(
      0.0866,
      6,
    )
  })

  it('is not guessed', async () => {
    const types = ['t3.micro']
    await expect(machineRate({ region: 'eu-north-1', types, volumeGib: 8 })).rejects.toThrow(
      /no onDemand of t3.micro/,
    )
    await expect(machineRate({ region: 'us-east-1', types: ['x9.huge'], volumeGib: 8 })).rejects.toThrow(
      /no budget can be kept/,
    )
  })
})
