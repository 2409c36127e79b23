import { describe, expect, it } from '@jest/globals'
import type { FleetState, MachineState, PoolState, RealmState } from './fleet-state.ts'
import { homesIn } from './homes.ts'
import { plan } from './plan.ts'
import type { PlanOptions } from './plan-options.ts'
import { machine, on, pool, realm } from './testing/model-fleet.ts'

const own = pool({ ceiling: 2 })
const cloud = pool({ name: 'cloud', isolation: 'vm', price: 0.04 })

const fleet = (pools: PoolState[], machines: MachineState[], realms: RealmState[] = []): FleetState => ({
  ...{ pools, machines, realms, homesOf: homesIn(realms) },
})

/** Actions in a few words. */
const planned = (
  pools: PoolState[],
  machines: MachineState[],
  realms: RealmState[] = [],
  options: Partial<PlanOptions> = {},
): string[] =>
  plan(fleet(pools, machines, realms), options).actions.map((action) => {
    const { action: verb, reason } = action
    if (verb === 'launch') return `launch ${action.pool}: ${reason}`
    if (verb === 'load') return `load ${action.realm} on ${action.machine}: ${reason}`
    if (verb === 'unload') return `unload ${action.realm} from ${action.machine}: ${reason}`
    return `${verb} ${action.machine}: ${reason}`
  })
const many = (count: number, made: (index: number) => Partial<RealmState>): RealmState[] =>
  Array.from({ length: count }, (_, index) => realm({ realm: `r${index}`, ...made(index) }))

describe('floors and ceilings', () => {
  it('launches what the floor lacks, and says so in words', () => {
    const { actions } = plan(fleet([pool({ floor: 2 })], [machine()]))
    expect(actions).toEqual([
      { action: 'launch', pool: 'own', reason: 'floor', why: 'pool own keeps at least 2 machines and has 1' },
    ])
  })

  it('counts machines that are starting, and leaves a fleet alone that is as it should be', () => {
    expect(planned([pool({ floor: 1 })], [machine({ state: 'starting' })])).toEqual([])
    expect(planned([pool({ floor: 1 })], [machine({ emptyMs: 1e9 })], [realm(on('m1'))])).toEqual([])
  })

  it('launches no more than a round allows', () => {
    expect(planned([pool({ floor: 9 })], [], [], { maxLaunches: 2 })).toHaveLength(2)
  })

  it('keeps spare machines, and does not fill them while others have room', () => {
    const spare = pool({ spares: 1 })
    expect(planned([spare], [machine()], [realm(on('m1'))])).toEqual(['launch own: spare'])
    const realms = [realm(on('m1')), realm({ realm: 'blog', account: 'other' })]
    expect(planned([spare], [machine(), machine({ id: 'm2' })], realms)).toEqual([
      'load blog on m1: asked-for',
    ])
  })

  it('empties what is above a lowered ceiling, the emptiest first', () => {
    const machines = [machine(), machine({ id: 'm2' })]
    expect(planned([pool({ ceiling: 1 })], machines, [realm(on('m1'))])).toEqual(['drain m2: above-ceiling'])
  })

  it('gives up a machine that has long been empty, and no other', () => {
    const machines = [machine({ emptyMs: 300_000 }), machine({ id: 'm2', emptyMs: 299_999 })]
    expect(planned([own], machines)).toEqual(['drain m1: empty'])
    expect(planned([pool({ floor: 2 })], machines)).toEqual([])
  })

  it('gives up the emptiest machine when the others hardly notice', () => {
    const machines = ['m1', 'm2', 'm3'].map((id) => machine({ id }))
    const realms = many(4, (index) => on(['m1', 'm1', 'm2', 'm3'][index] ?? 'm1'))
    expect(planned([own], machines.slice(0, 2), realms.slice(0, 3))).toEqual(['drain m2: half-empty'])
    const full = realms.map((one) => ({ ...one, memoryBytes: 400 }))
    expect(planned([pool()], machines, full)).toEqual([])
  })
})

describe('machines that are kept prepared', () => {
  const warm = pool({ prepared: 1 })
  const prepared = machine({ id: 'p1', state: 'prepared' })

  it('are launched when nothing else is to come, and say what they are for', () => {
    expect(plan(fleet([warm], [])).actions).toEqual([
      {
        ...{ action: 'launch', pool: 'own', reason: 'prepared', prepared: true },
        why: 'pool own keeps 1 machine prepared and has 0',
      },
    ])
    expect(planned([warm], [machine({ state: 'preparing' })])).toEqual([])
    expect(planned([warm], [prepared])).toEqual([])
    expect(planned([pool({ prepared: 1, floor: 1 })], [])).toEqual(['launch own: floor'])
    expect(planned([pool({ prepared: 1, floor: 1 })], [machine({ state: 'starting' })])).toEqual([])
    expect(planned([pool({ prepared: 30 })], [])).toHaveLength(20)
    expect(planned([warm], [machine({ emptyMs: 4_999 })])).toEqual([])
    expect(planned([warm], [machine({ emptyMs: 5_000 })])).toEqual(['launch own: prepared'])
    expect(planned([warm], [machine()], [realm(on('m1'))])).toEqual(['launch own: prepared'])
  })

  it.each([
    ['floor', pool({ prepared: 2, floor: 1 }), [], []],
    ['need', pool({ prepared: 2 }), [], [realm()]],
    ['spare', pool({ prepared: 2, spares: 1 }), [], []],
    [
      'successor',
      pool({ prepared: 2, floor: 1, ceiling: 1 }),
      [machine({ outdated: 'old' })],
      [realm(on('m1'))],
    ],
  ] as const)('are started before anything is launched: %s', (reason, one, others, realms) => {
    const two = [prepared, machine({ id: 'p2', state: 'prepared' })]
    expect(planned([one], [...others, ...two], [...realms])).toEqual([`start p1: ${reason}`])
  })

  it('stand in for another pool, and take the place of what is lost', () => {
    const failing = pool({ name: 'own', floor: 1, backoff: 'its provider fails' })
    const standIn = { ...prepared, pool: 'cloud' }
    expect(planned([failing, { ...cloud, prepared: 1 }], [standIn])).toEqual(['start p1: stand-in'])
    const lost = machine({ state: 'lost' })
    const one = pool({ prepared: 1, floor: 1, ceiling: 1 })
    expect(planned([one], [lost, prepared])).toEqual(['destroy m1: lost', 'start p1: floor'])
  })

  it('are launched for what they do not suffice for, and not while they are being prepared', () => {
    const big = many(2, () => ({ memoryBytes: 700 }))
    expect(planned([warm], [prepared], big)).toEqual(['start p1: need', 'launch own: need'])
    expect(planned([warm], [machine({ state: 'preparing' })], [realm()])).toEqual(['launch own: need'])
  })

  it('neither take work nor count: not for the floor, not for the ceiling, not for the surge', () => {
    const full = pool({ prepared: 1, floor: 1, ceiling: 1 })
    const hog = realm({ ...on('m1'), memoryBytes: 900 })
    expect(planned([full], [machine(), prepared], [hog])).toEqual([])
    expect(planned([full], [machine(), prepared], [hog, realm({ realm: 'blog', memoryBytes: 50 })])).toEqual([
      'load blog on m1: asked-for',
    ])
    const old = machine({ outdated: 'old' })
    expect(planned([full], [old, machine({ id: 'p1', state: 'preparing' })], [realm(on('m1'))])).toEqual([
      'launch own: successor',
    ])
  })

  it('of an older release or too many go, a few in a round, those first that are not ready yet', () => {
    const old = { ...prepared, outdated: 'it is of release 1' }
    expect(planned([warm], [old])).toEqual(['destroy p1: outdated', 'launch own: prepared'])
    expect(planned([warm], [old], [realm()])).toEqual(['destroy p1: outdated', 'launch own: need'])
    const two = [prepared, machine({ id: 'p2', state: 'preparing' })]
    expect(planned([warm], two)).toEqual(['destroy p2: surplus'])
    const many9 = Array.from({ length: 9 }, (_, index) => machine({ id: `p${index}`, state: 'prepared' }))
    expect(planned([pool()], many9)).toHaveLength(5)
  })

  it('are neither launched nor started where the provider fails or is too dear', () => {
    const dear = pool({ prepared: 2, price: 2, priceCeiling: 1 })
    for (const blocked of [dear, pool({ prepared: 2, backoff: 'its provider fails' })]) {
      expect(planned([blocked], [prepared], [realm()])).toEqual([])
    }
  })
})

describe('a group of pools', () => {
  const spot = (zone: string, price: number, over: Partial<PoolState> = {}) =>
    pool({ name: `${zone}-${price}`, group: 'spot', zone, price, ...over })
  const big = (count: number) => many(count, () => ({ memoryBytes: 700 }))
  const launched = (pools: PoolState[], machines: MachineState[], realms: RealmState[]) =>
    planned(pools, machines, realms).filter((one) => one.startsWith('launch'))

  it('grows in each zone alike, in kinds of machines that differ, and there where it is cheapest', () => {
    const pools = [spot('a', 3), spot('a', 2), spot('a', 4), spot('b', 1)]
    expect(launched(pools, [], big(5))).toEqual(
      ['b-1', 'a-2', 'a-3', 'b-1', 'a-2'].map((name) => `launch ${name}: need`),
    )
  })

  it('grows elsewhere when a zone has nothing, and in the next pool when the whole group has not', () => {
    const dark = { backoff: 'its provider fails' }
    const pools = [spot('a', 1, dark), spot('b', 2), cloud]
    expect(launched(pools, [], big(2))).toEqual(['launch b-2: need', 'launch b-2: need'])
    expect(launched([spot('a', 1, dark), cloud], [], big(1))).toEqual(['launch cloud: need'])
  })

  it('is one preference: nothing moves between its pools, and all comes back to it from the next one', () => {
    const pools = [spot('a', 1), spot('b', 2), cloud]
    const machines = [machine({ id: 'a', pool: 'a-1' }), machine({ id: 'b', pool: 'b-2' })]
    const other = machine({ id: 'c', pool: 'cloud' })
    const busy = { memoryBytes: 550 }
    expect(
      planned(
        pools,
        machines,
        many(2, (index) => ({ ...busy, ...on('ab'[index] ?? '') })),
      ),
    ).toEqual([])
    expect(
      planned(
        pools,
        [...machines, other],
        [realm({ ...on('a'), ...busy }), realm({ realm: 'blog', ...on('c') })],
      ),
    ).toEqual(['load blog on b: come-back'])
  })

  it('gives a machine up even where each of its pools has only one', () => {
    const pools = [spot('a', 1), spot('b', 2), spot('c', 3)]
    const machines = pools.map(({ name }) => machine({ id: name, pool: name }))
    const realms = many(3, (index) => ({ memoryBytes: 100 + 50 * index, ...on(machines[index]?.id ?? '') }))
    expect(planned(pools, machines, realms)).toEqual(['drain a-1: half-empty'])
    const kept = [spot('a', 1, { floor: 1 }), ...pools.slice(1)]
    expect(planned(kept, machines, realms)).toEqual(['drain b-2: half-empty'])
  })

  it('counts what a large machine has as a small one would have it', () => {
    const pools = [spot('a', 1, { memoryBytes: 4000 }), spot('b', 2)]
    const machines = [
      machine({ id: 'large', pool: 'a-1', memoryBytes: 4000 }),
      machine({ id: 'small', pool: 'b-2' }),
    ]
    const realms = many(5, (index) => ({ memoryBytes: 120, ...on(index === 0 ? 'small' : 'large') }))
    expect(planned(pools, machines, realms)).not.toContain('drain large: half-empty')
  })
})

describe('a provider that fails', () => {
  const failing = pool({ floor: 1, backoff: 'its provider says NO_CAPACITY' })

  it('is left alone, and the next pool stands in', () => {
    const { actions, problems } = plan(fleet([failing, cloud], []))
    expect(actions).toEqual([
      {
        ...{ action: 'launch', pool: 'cloud', reason: 'stand-in' },
        why: 'it stands in: pool own cannot have its own: its provider says NO_CAPACITY',
      },
    ])
    expect(problems).toEqual([
      { about: 'own', why: 'pool own lacks 1 machine: its provider says NO_CAPACITY' },
    ])
  })

  it('gets its floor back when it works again, and only then the stand-in goes', () => {
    const standIn = machine({ id: 'c1', pool: 'cloud', emptyMs: 1e9 })
    expect(planned([failing, cloud], [standIn])).toEqual([])
    expect(planned([{ ...failing, backoff: null }, cloud], [standIn])).toEqual(['launch own: floor'])
    const starting = machine({ state: 'starting' })
    expect(planned([{ ...failing, backoff: null }, cloud], [standIn, starting])).toEqual([])
    expect(planned([{ ...failing, backoff: null }, cloud], [standIn, machine()])).toEqual(['drain c1: empty'])
  })

  it('is passed over like one whose price is above its ceiling', () => {
    const dear = pool({ price: 0.09, priceCeiling: 0.05 })
    expect(planned([dear, cloud], [], [realm()])).toEqual(['launch cloud: need'])
  })

  it('is told of when there is no other', () => {
    const { actions, problems } = plan(fleet([failing], [], [realm()]))
    expect(actions).toEqual([])
    expect(problems.map(({ about }) => about)).toEqual(['own', 'fleet', 'wiki'])
  })
})

describe('a machine', () => {
  it('that is lost is destroyed and replaced at once', () => {
    const lost = machine({ state: 'lost', reason: 'its process ended' })
    const { actions } = plan(fleet([pool({ floor: 1, ceiling: 1 })], [lost]))
    expect(actions.map(({ action, why }) => [action, why])).toEqual([
      ['destroy', 'it is lost: its process ended'],
      ['launch', 'pool own keeps at least 1 machine and has 0'],
    ])
  })

  it('that is outdated goes when its successor is there, one at a time', () => {
    const one = pool({ floor: 1, ceiling: 1 })
    const old = machine({ outdated: 'it runs release 1' })
    const loaded = [realm(on('m1'))]
    expect(planned([one], [old], loaded)).toEqual(['launch own: successor'])
    expect(planned([one], [old, machine({ id: 'm2', state: 'starting' })], loaded)).toEqual([])
    expect(planned([one], [old, machine({ id: 'm2' })], loaded)).toEqual(['drain m1: outdated'])
    const leaving = machine({ state: 'leaving', reason: 'it is outdated' })
    expect(planned([one], [leaving, machine({ id: 'm2' })], loaded)).toEqual(['load wiki on m2: leaving'])
    const both = [realm(on('m1', 'm2'))]
    expect(planned([one], [leaving, machine({ id: 'm2' })], both)).toEqual(['unload wiki from m1: leaving'])
    expect(planned([one], [leaving, machine({ id: 'm2' })], [realm(on('m2'))])).toEqual([
      'destroy m1: drained',
    ])
  })

  it('that leaves keeps the last cell of a realm that is asked for, unless it is forced to go', () => {
    const leaving = machine({ state: 'leaving' })
    const one = pool({ ceiling: 0 })
    expect(planned([one], [leaving], [realm(on('m1'))])).toEqual([])
    const idle = [realm({ ...on('m1'), wanted: false })]
    expect(planned([one], [leaving], idle)).toEqual(['unload wiki from m1: leaving'])
    expect(planned([one], [{ ...leaving, forced: true }], [realm(on('m1'))])).toEqual(['destroy m1: forced'])
  })

  it('is not taken for empty before its agent has said what runs on it', () => {
    const one = pool({ floor: 1, ceiling: 1 })
    const leaving = machine({ state: 'leaving', isKnown: false })
    expect(planned([one], [leaving, machine({ id: 'm2' })])).toEqual([])
    const known = { ...leaving, isKnown: true }
    expect(planned([one], [known, machine({ id: 'm2' })])).toEqual(['destroy m1: drained'])
    const forced = { ...leaving, forced: true }
    expect(planned([one], [forced, machine({ id: 'm2' })])).toEqual(['destroy m1: forced'])
  })

  it('that is full gives realms away, and not all of them', () => {
    const realms = many(5, () => ({ ...on('m1'), memoryBytes: 190 }))
    const machines = [machine(), machine({ id: 'm2' })]
    expect(planned([own], machines, realms)).toEqual(['load r0 on m2: full'])
  })
})

describe('a realm', () => {
  const machines = [machine(), machine({ id: 'm2' })]

  it('goes where its account is at home, while there is room', () => {
    const home = realm({ ...on('m1'), memoryBytes: 500 })
    expect(planned([own], machines, [home, realm({ realm: 'blog' })])).toEqual(['load blog on m1: asked-for'])
    const large = realm({ realm: 'blog', memoryBytes: 400 })
    expect(planned([own], machines, [home, large])).toEqual(['load blog on m2: asked-for'])
    const stranger = realm({ realm: 'blog', account: 'other' })
    expect(planned([own], machines, [home, stranger])).toEqual(['load blog on m2: asked-for'])
  })

  it('that is busy gets a cell on another machine, and gives it back when it is calm; between, nothing moves', () => {
    expect(planned([own], machines, [realm({ ...on('m1'), waitMs: 51 })])).toEqual(['load wiki on m2: busy'])
    const both = realm(on('m1', 'm2'))
    const others = many(3, () => on('m1'))
    expect(planned([own], machines, [{ ...both, waitMs: 50 }, ...others])).toEqual([])
    expect(planned([own], machines, [{ ...both, waitMs: 5 }, ...others])).toEqual([])
    expect(planned([own], machines, [{ ...both, waitMs: 4 }, ...others])).toEqual([
      'unload wiki from m1: calm',
    ])
  })

  it('is placed on a full machine rather than nowhere', () => {
    const hog = realm({ ...on('m1'), realm: 'hog', memoryBytes: 850 })
    expect(planned([pool({ ceiling: 1 })], [machine()], [hog, realm()])).toEqual([
      'load wiki on m1: asked-for',
    ])
  })

  it('overflows into the next pool when its own is full, and comes back when there is room', () => {
    const full = [machine(), machine({ id: 'm2' })]
    const cloudy = machine({ id: 'c1', pool: 'cloud' })
    const hogs = full.map(({ id }) => realm({ ...on(id), realm: `hog-${id}`, memoryBytes: 750 }))
    const more = realm({ realm: 'blog', account: 'other' })
    const pools = [own, { ...cloud, floor: 1 }]
    expect(planned(pools, [...full, cloudy], [...hogs, more])).toEqual(['load blog on c1: asked-for'])
    const away = { ...more, ...on('c1') }
    expect(planned(pools, [...full, cloudy], [...hogs, away])).toEqual([])
    const shrunk = hogs.map((one) => ({ ...one, memoryBytes: 450 }))
    expect(planned(pools, [...full, cloudy], [...shrunk, away])).toEqual(['load blog on m1: come-back'])
    const twice = { ...more, ...on('c1', 'm1') }
    expect(planned(pools, [...full, cloudy], [...shrunk, twice])).toEqual(['unload blog from c1: calm'])
  })

  it('runs only where it may', () => {
    const pools = [own, { ...cloud, floor: 1 }]
    const cloudy = machine({ id: 'c1', pool: 'cloud' })
    const fussy = realm({ isolation: 'container' })
    expect(planned(pools, [machine(), cloudy], [fussy])).toEqual(['load wiki on c1: asked-for'])
    expect(planned(pools, [machine(), cloudy], [realm({ pool: 'cloud' })])).toEqual([
      'load wiki on c1: asked-for',
    ])
    expect(planned(pools, [machine(), cloudy], [{ ...fussy, ...on('m1') }])).toEqual([
      'load wiki on c1: not-allowed',
    ])
    const both = { ...fussy, ...on('m1', 'c1') }
    expect(planned(pools, [machine(), cloudy], [both])).toEqual(['unload wiki from m1: not-allowed'])
    expect(plan(fleet([own], machines, [fussy])).problems).toEqual([
      { about: 'wiki', why: 'realm wiki (asked-for) has no place: no pool is what it asks for' },
    ])
  })

  it('that fits on no machine does not make the pool grow for ever', () => {
    const giant = realm({ ...on('m1'), memoryBytes: 5_000, waitMs: 100 })
    expect(planned([pool()], [machine()], [giant])).toEqual([])
  })

  it('whose machine nobody knows any more is loaded anew', () => {
    expect(planned([own], [machine()], [realm(on('gone'))])).toEqual(['load wiki on m1: asked-for'])
  })
})

describe('a realm that a full machine gives away', () => {
  it('leaves that machine, also for a pool that is less preferred', () => {
    const machines = [machine(), machine({ id: 'c1', pool: 'cloud' })]
    const other = realm({ realm: 'other', ...on('m1'), cpus: 6 })
    const given = realm({ loads: on('m1').loads, cpus: 4 })
    expect(planned([pool({ ceiling: 1 }), cloud], machines, [other, given])).toEqual([
      'load other on c1: full',
    ])
    const both = { ...other, ...on('m1', 'c1') }
    expect(planned([pool({ ceiling: 1 }), cloud], machines, [both, given])).toEqual([
      'unload other from m1: calm',
    ])
  })
})

describe('a bounded round', () => {
  it('takes accounts in turn, so that a large one does not hold up a small one', () => {
    const realms = [...many(50, () => ({ account: 'large' })), realm({ realm: 'small', account: 'small' })]
    const actions = planned([own], [machine({ memoryBytes: 1e6 })], realms, { maxLoads: 2 })
    expect(actions).toEqual(['load r0 on m1: asked-for', 'load small on m1: asked-for'])
  })

  it('answers first who is not answered at all', () => {
    const realms = [realm({ ...on('m1'), realm: 'busy', waitMs: 99 }), realm()]
    const actions = planned([own], [machine(), machine({ id: 'm2' })], realms, { maxLoads: 1 })
    expect(actions).toEqual(['load wiki on m1: asked-for'])
  })
})
