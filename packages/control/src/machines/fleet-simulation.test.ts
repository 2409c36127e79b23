import { describe, expect, it } from '@jest/globals'
import {
  type FleetState,
  homesIn,
  type MachineState,
  type PoolState,
  plan,
  type RealmState,
} from '@openzimki/placement'
import { type Machine, type MachineProvider, PlatformError, retryingProvider } from '@openzimki/provider'
import { SimulatedWorld, simulatedProvider } from '@openzimki/provider/simulated'

const MINUTE_MS = 60_000
const JOIN_MS = 5 * MINUTE_MS
const REALM_BYTES = 64 * 2 ** 20

/** An operator's fleet over two simulated clouds: looks, plans, acts, minute by minute, as control does. */
class SimulatedFleet {
  readonly worlds: Record<string, SimulatedWorld>
  readonly #providers: Record<string, MachineProvider>
  readonly pools: PoolState[]
  realms: RealmState[]
  readonly #known = new Map<
    string,
    { pool: string; atMs: number; leaving: string | null; emptySinceMs: number; isStarted: boolean }
  >()
  readonly #backoffUntilMs = new Map<string, number>()
  #minute = 0
  launched = 0
  started = 0

  constructor(worlds: Record<string, SimulatedWorld>, pools: PoolState[], realms: RealmState[]) {
    this.worlds = worlds
    this.#providers = Object.fromEntries(
      Object.entries(worlds).map(([name, world]) => [
        name,
        retryingProvider(simulatedProvider(world, 'us', { deadlineMs: 60_000 }), 5),
      ]),
    )
    this.pools = pools
    this.realms = realms
  }

  get nowMs(): number {
    return this.#minute * MINUTE_MS
  }

  /** It was launched to run, or started. */
  isAtWork(id: string): boolean {
    return this.#known.get(id)?.isStarted ?? true
  }

  async existing(pool: string): Promise<Machine[]> {
    for (;;) {
      try {
        return await this.#providers[pool]!.list()
      } catch (error) {
        if (PlatformError.from(error).code !== 'INTERNAL') throw error
      }
    }
  }

  /** One round; how many actions it had. */
  async round(): Promise<number> {
    const { actions } = plan(await this.#observe())
    for (const action of actions) {
      const done = this.#act(action).catch((error: unknown) => {
        if ('pool' in action) this.#backoffUntilMs.set(action.pool, this.nowMs + 5 * MINUTE_MS)
        return PlatformError.from(error)
      })
      await done
    }
    this.#minute += 1
    for (const world of Object.values(this.worlds)) await world.clock.advance(MINUTE_MS)
    return actions.length
  }

  async #observe(): Promise<FleetState> {
    const machines: MachineState[] = []
    for (const pool of this.pools) {
      const found = new Map((await this.existing(pool.name)).map((one) => [one.id, one]))
      for (const id of found.keys()) if (!this.#known.has(id)) await this.#providers[pool.name]!.destroy(id)
      for (const [id, known] of this.#known) {
        if (known.pool === pool.name) machines.push(this.#view(pool, id, found.get(id)))
      }
    }
    const pools = this.pools.map((pool) => {
      const isBlocked = (this.#backoffUntilMs.get(pool.name) ?? 0) > this.nowMs
      return isBlocked ? { ...pool, backoff: 'its provider fails' } : pool
    })
    return { pools, machines, realms: this.realms, homesOf: homesIn(this.realms) }
  }

  #view({ name, memoryBytes, cpus }: PoolState, id: string, found: Machine | undefined): MachineState {
    const known = this.#known.get(id)!
    const isYoung = this.nowMs - known.atMs < JOIN_MS
    const isEmpty = this.realms.every(({ loads }) => loads.every(({ machine }) => machine !== id))
    if (!isEmpty) known.emptySinceMs = this.nowMs
    const isUp = found?.state === 'running'
    const isComing = found?.state === 'starting' && isYoung
    const coming = known.isStarted ? 'starting' : 'preparing'
    const up = known.leaving === null ? 'ready' : 'leaving'
    const state = found?.state === 'prepared' ? 'prepared' : isUp ? up : isComing ? coming : 'lost'
    const reason = state === 'lost' ? (found?.reason ?? 'it is gone') : known.leaving
    const emptyMs = this.nowMs - known.emptySinceMs
    const stable = { outdated: null, forced: false, isKnown: true }
    return { id, pool: name, state, reason, ...stable, memoryBytes, cpus, emptyMs }
  }

  async #act(action: ReturnType<typeof plan>['actions'][number]): Promise<void> {
    switch (action.action) {
      case 'launch': {
        this.launched += 1
        const id = `m-${this.launched}`
        this.#known.set(id, {
          pool: action.pool,
          atMs: this.nowMs,
          leaving: null,
          emptySinceMs: this.nowMs,
          isStarted: !action.prepared,
        })
        const { prepared = false } = action
        await this.#providers[action.pool]!.launch({ id, size: 'small', zone: null, env: {}, prepared })
        break
      }
      case 'start':
        await this.#start(action.pool, action.machine)
        break
      case 'drain':
        this.#known.get(action.machine)!.leaving = action.why
        break
      case 'destroy':
        await this.#providers[action.pool]!.destroy(action.machine)
        this.#known.delete(action.machine)
        this.#change(action.machine, () => true, false)
        break
      default:
        this.#change(action.machine, ({ realm }) => realm === action.realm, action.action === 'load')
    }
  }

  async #start(pool: string, machine: string): Promise<void> {
    this.started += 1
    this.#known.get(machine)!.atMs = this.nowMs
    this.#known.get(machine)!.isStarted = true
    try {
      await this.#providers[pool]!.start(machine)
    } catch (error) {
      if (PlatformError.from(error).code === 'INTERNAL') throw error
      // As control does with what cannot be had when it is needed.
      await this.#providers[pool]!.destroy(machine)
      this.#known.delete(machine)
    }
  }

  #change(machine: string, which: (realm: RealmState) => boolean, isLoad: boolean): void {
    this.realms = this.realms.map((one) => {
      if (!which(one)) return one
      const others = one.loads.filter((load) => load.machine !== machine)
      return { ...one, loads: isLoad ? [...others, { machine, serving: true }] : others }
    })
  }
}

const GIB = 2 ** 30
const poolOf = (name: string, over: Partial<PoolState>): PoolState => ({
  ...{ name, group: null, zone: null },
  ...{ isolation: 'vm', floor: 0, ceiling: 0, spares: 0, prepared: 0, memoryBytes: 4 * GIB, cpus: 2 },
  ...{ price: null, priceCeiling: null, backoff: null },
  ...over,
})
const realmsOf = (count: number): RealmState[] =>
  Array.from({ length: count }, (_, index) => ({
    ...{
      realm: `r-${index}`,
      account: `a-${index % 40}`,
      pool: null,
      isolation: null,
      floor: null,
      loads: [],
    },
    ...{ wanted: true, memoryBytes: REALM_BYTES, cpus: 0, waitMs: 0, work: 0, outgrown: null },
  }))

describe.each([1, 2, 3])('a simulated fleet on bad days (seed %d)', (seed) => {
  const failures = {
    ...{ refusedShare: 0.2, lostAnswerShare: 0.1, noCapacityShare: 0.2, bootFailureShare: 0.1 },
    meanLifeMs: 120 * MINUTE_MS,
  }
  const newFleet = () =>
    new SimulatedFleet(
      {
        own: new SimulatedWorld({ seed, failures }),
        cloud: new SimulatedWorld({ seed: seed + 100, failures }),
      },
      [
        poolOf('own', { floor: 4, ceiling: 6, spares: 1 }),
        poolOf('cloud', { floor: 2, ceiling: 20, price: 0.04, prepared: 2 }),
      ],
      realmsOf(600),
    )

  it('holds its floors and ceilings and ends without an orphan, every realm answered', async () => {
    const fleet = newFleet()
    for (let minute = 0; minute < 240; minute += 1) {
      await fleet.round()
      if (minute === 120) fleet.worlds.own!.failZone('zone-a', 30 * MINUTE_MS)
      for (const { name, ceiling } of fleet.pools) {
        const working = (await fleet.existing(name)).filter(({ id }) => fleet.isAtWork(id))
        expect(working.length).toBeLessThanOrEqual(ceiling + 1)
      }
    }
    // The bad days are over: from here on nothing fails any more.
    for (const world of Object.values(fleet.worlds)) {
      const calm = { refusedShare: 0, lostAnswerShare: 0, noCapacityShare: 0, bootFailureShare: 0 }
      Object.assign(world.options.failures, calm, { meanLifeMs: Number.POSITIVE_INFINITY })
    }
    for (let minute = 0; minute < 720; minute += 1) await fleet.round()
    expect(await fleet.round()).toBe(0)
    expect(fleet.started).toBeGreaterThan(0)
    const machines = new Set<string>()
    for (const { name, floor, ceiling, prepared } of fleet.pools) {
      const all = await fleet.existing(name)
      for (const { id } of all) machines.add(id)
      const found = all.filter(({ state }) => state !== 'prepared')
      expect(all.length - found.length).toBe(prepared)
      expect(found.every(({ state }) => state === 'running')).toBe(true)
      expect(found.length).toBeGreaterThanOrEqual(floor)
      expect(found.length).toBeLessThanOrEqual(ceiling)
    }
    const homes = fleet.realms.map(({ loads }) => loads.map(({ machine }) => machine))
    expect(homes.filter((loads) => loads.length !== 1 || !machines.has(loads[0]!))).toEqual([])
    expect(fleet.worlds.own!.natives.length + fleet.worlds.cloud!.natives.length).toBe(machines.size)
  }, 60_000)
})
