import { describe, expect, it } from '@jest/globals'
import {
  type ActualCell,
  type ActualLoad,
  type DesiredRealm,
  type PlanAction,
  type PlanOptions,
  planCells,
} from './plan-cells.ts'

const options: PlanOptions = { nowMs: 1_000_000, idleMs: 60_000, demandMs: 10_000, cellMemoryBytes: 100 }
const NOW = options.nowMs

const realm = (over: Partial<DesiredRealm> = {}): DesiredRealm => ({
  realm: 'wiki',
  deployment: 'd2',
  account: 'acme',
  cordon: 'acme',
  lastDemandMs: NOW,
  ...over,
})
const load = (over: Partial<ActualLoad> = {}): ActualLoad => ({
  realm: 'wiki',
  deployment: 'd2',
  heapBytes: 10,
  active: 0,
  idleMs: 0,
  ...over,
})
const cell = (loads: ActualLoad[], over: Partial<ActualCell> = {}): ActualCell => ({
  cell: 'c1',
  cordon: 'acme',
  loads,
  ...over,
})

const plan = (desired: DesiredRealm[], actual: ActualCell[], over: Partial<PlanOptions> = {}) =>
  planCells(desired, actual, { ...options, ...over }).map((action) =>
    action.action === 'load'
      ? `load ${action.realm} ${action.deployment} in ${action.cordon}`
      : `unload ${action.realm} ${action.deployment} from ${action.cell}: ${action.why}`,
  )

describe('planCells', () => {
  it('loads what was asked for and is not there, and leaves what is', () => {
    expect(plan([realm()], [])).toEqual(['load wiki d2 in acme'])
    expect(plan([realm()], [cell([load()])])).toEqual([])
    expect(plan([realm({ lastDemandMs: 0 })], [])).toEqual([])
    expect(plan([realm({ lastDemandMs: NOW + 500_000 })], [])).toEqual(['load wiki d2 in acme'])
  })

  it('unloads an idle realm, unless it was used or asked for since', () => {
    const idle = [cell([load({ idleMs: 60_001 })])]
    expect(plan([realm({ lastDemandMs: 0 })], idle)).toEqual(['unload wiki d2 from c1: idle'])
    expect(plan([realm({ lastDemandMs: NOW - 1 })], idle)).toEqual([])
    expect(plan([realm({ lastDemandMs: 0 })], [cell([load({ idleMs: 60_001, active: 1 })])])).toEqual([])
  })

  it('loads a new deployment before the old one goes, and lets the old one finish its requests', () => {
    const old = load({ deployment: 'd1', active: 1 })
    expect(plan([realm({ lastDemandMs: 0 })], [cell([old])])).toEqual(['load wiki d2 in acme'])
    expect(plan([realm()], [cell([old, load()])])).toEqual([])
    expect(plan([realm()], [cell([{ ...old, active: 0 }, load()])])).toEqual([
      'unload wiki d1 from c1: superseded',
    ])
  })

  it('lets an old deployment that nobody uses go without a successor', () => {
    const old = load({ deployment: 'd1', idleMs: 60_001 })
    expect(plan([realm({ lastDemandMs: 0 })], [cell([old])])).toEqual(['unload wiki d1 from c1: superseded'])
  })

  it('moves a realm whose cordon changed: first there, then away', () => {
    const desired = [realm({ cordon: 'acme/wiki' })]
    expect(plan(desired, [cell([load()])])).toEqual(['load wiki d2 in acme/wiki'])
    const both = [cell([load()]), cell([load()], { cell: 'c2', cordon: 'acme/wiki' })]
    expect(plan(desired, both)).toEqual(['unload wiki d2 from c1: superseded'])
  })

  it('unloads what nobody wants at once, busy or not', () => {
    expect(plan([], [cell([load({ active: 5 })])])).toEqual(['unload wiki d2 from c1: unwanted'])
  })

  it('makes room in a full cell: the idlest first, never the busy or the fresh, never in another cell', () => {
    const names = ['a', 'b', 'c', 'd']
    const desired = names.map((name) => realm({ realm: name, lastDemandMs: name === 'd' ? NOW : 0 }))
    const loads = [
      load({ realm: 'a', heapBytes: 40, idleMs: 20_000 }),
      load({ realm: 'b', heapBytes: 40, idleMs: 30_000 }),
      load({ realm: 'c', heapBytes: 40, idleMs: 40_000, active: 1 }),
      load({ realm: 'd', heapBytes: 40, idleMs: 50_000 }),
    ]
    expect(plan(desired, [cell(loads)], { cellMemoryBytes: 130 })).toEqual(['unload b d2 from c1: memory'])
    expect(plan(desired, [cell(loads)], { cellMemoryBytes: 1 })).toEqual([
      'unload b d2 from c1: memory',
      'unload a d2 from c1: memory',
    ])
    const apart = loads.map((entry, index) => cell([entry], { cell: `c${index}` }))
    expect(plan(desired, apart, { cellMemoryBytes: 130 })).toEqual([])
  })

  it.each(Array.from({ length: 60 }, (_, index) => index + 1))(
    'comes to rest and keeps its promises (seed %d)',
    (seed) => {
      const below = seeded(seed)
      const desired = Array.from({ length: 1 + below(12) }, (_, index) => randomRealm(below, index))
      let actual = Array.from({ length: below(5) }, (_, index) => randomCell(below, index))
      for (let round = 0; round < 6; round++) {
        const actions = planCells(desired, actual, options)
        expect(planCells(desired, actual, options)).toEqual(actions)
        for (const action of actions) expectAllowed(action, desired, actual)
        if (actions.length === 0) return expectAtRest(desired, actual)
        actual = carryOut(actual, actions)
      }
      throw new Error('the plan never came to rest')
    },
  )
})

function expectAllowed(action: PlanAction, desired: DesiredRealm[], actual: ActualCell[]): void {
  const wanted = desired.find((entry) => entry.realm === action.realm)
  if (action.action === 'load') {
    expect(wanted).toMatchObject({ deployment: action.deployment, cordon: action.cordon })
    return
  }
  const placed = actual
    .find((entry) => entry.cell === action.cell)
    ?.loads.find((entry) => entry.realm === action.realm && entry.deployment === action.deployment)
  expect(placed).toBeDefined()
  if (wanted) expect(placed?.active).toBe(0)
}

function expectAtRest(desired: DesiredRealm[], actual: ActualCell[]): void {
  for (const { realm: name, deployment, cordon, lastDemandMs } of desired) {
    const there = actual.some(
      (entry) =>
        entry.cordon === cordon &&
        entry.loads.some((one) => one.realm === name && one.deployment === deployment),
    )
    if (NOW - lastDemandMs <= options.demandMs) expect(there).toBe(true)
  }
  for (const { loads } of actual) {
    for (const entry of loads) expect(desired.some((wanted) => wanted.realm === entry.realm)).toBe(true)
    const idlest = loads.filter(({ realm: name, active, idleMs }) => {
      const { lastDemandMs } = desired.find((wanted) => wanted.realm === name) ?? realm()
      return active === 0 && Math.min(idleMs, NOW - lastDemandMs) > options.demandMs
    })
    const heapBytes = loads.reduce((sum, entry) => sum + entry.heapBytes, 0)
    expect(heapBytes <= options.cellMemoryBytes || idlest.length === 0).toBe(true)
  }
}

/** What the agents would do: one cell a cordon. */
function carryOut(actual: ActualCell[], actions: PlanAction[]): ActualCell[] {
  const cells = structuredClone(actual)
  for (const action of actions) {
    if (action.action === 'load') {
      let home = cells.find((entry) => entry.cordon === action.cordon)
      if (!home) {
        home = { cell: `new-${cells.length}`, cordon: action.cordon, loads: [] }
        cells.push(home)
      }
      home.loads.push(load({ realm: action.realm, deployment: action.deployment }))
    } else {
      const home = cells.find((entry) => entry.cell === action.cell)
      if (home)
        home.loads = home.loads.filter(
          (entry) => entry.realm !== action.realm || entry.deployment !== action.deployment,
        )
    }
  }
  return cells
}

/** A small reproducible generator (Lehmer); returns whole numbers below `limit`. */
function seeded(seed: number): (limit: number) => number {
  let state = seed * 7_919
  return (limit) => {
    state = (state * 48_271) % 2_147_483_647
    return state % limit
  }
}

const randomRealm = (below: (limit: number) => number, index: number): DesiredRealm =>
  realm({
    realm: `r${index}`,
    deployment: `d${below(3)}`,
    cordon: `x${below(3)}`,
    lastDemandMs: NOW - below(100_000),
  })

function randomCell(below: (limit: number) => number, index: number): ActualCell {
  const loads = new Map<string, ActualLoad>()
  for (let count = below(8); count > 0; count--) {
    const name = `r${below(14)}`
    const deployment = `d${below(3)}`
    const entry = {
      realm: name,
      deployment,
      heapBytes: below(60),
      active: below(3) % 2,
      idleMs: below(100_000),
    }
    loads.set(`${name} ${deployment}`, entry)
  }
  return { cell: `c${index}`, cordon: `x${index}`, loads: [...loads.values()] }
}
