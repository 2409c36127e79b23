import {
  type FleetState,
  homesIn,
  type MachineState,
  type PlanAction,
  type PoolState,
  plan,
} from '@openzimki/placement'
import { type Machine, type MachineProvider, PlatformError, retryingProvider } from '@openzimki/provider'
import { type SimulatedWorld, simulatedProvider } from '@openzimki/provider/simulated'
import { RealmLoads } from './realm-loads.ts'
import { STEP_MS, type WeekDemand } from './week-demand.ts'

/** A pool, and what its machines are at the provider. */
export type WeekPool = Omit<PoolState, 'backoff' | 'price'> & { size: string }

interface KnownMachine {
  pool: WeekPool
  atMs: number
  leaving: string | null
  emptySinceMs: number
  isNoticed: boolean
}

export interface WeekFigures {
  launched: number
  /** Spot machines that were taken back, all with notice. */
  takenBack: number
  /** Of them, those with a realm still on them when they went. */
  takenWithRealms: number
  /** Machines that were lost without notice. */
  lost: number
}

const OWNER = 'week'
/** An agent that is not there by then does not come. */
const JOIN_MS = 10 * 60_000
/** As control leaves a pool alone whose provider fails: twice as long each time, up to half a minute. */
const BACKOFF_MS = { first: 250, most: 30_000 }
/** A launch that fails wakes the keeper, which plans again; so often at most in one step. */
const MOST_ROUNDS = 20

/**
 * A fleet that is looked at, planned and changed every half a minute. The planner, the signals and the provider with its portable layer are
 * the platform's own; what stands in for machines with agents, for the keeper and for the gateways is written here, as simple as can be.
 */
export class WeekFleet {
  readonly figures: WeekFigures = { launched: 0, takenBack: 0, takenWithRealms: 0, lost: 0 }
  readonly loads: RealmLoads
  readonly #world: SimulatedWorld
  readonly #provider: MachineProvider
  readonly #pools: readonly WeekPool[]
  readonly #known = new Map<string, KnownMachine>()
  readonly #backoff = new Map<string, { failures: number; untilMs: number }>()
  #prices = new Map<string, number>()
  #found = new Map<string, Machine>()

  constructor(world: SimulatedWorld, pools: readonly WeekPool[], demand: WeekDemand) {
    this.#world = world
    this.#provider = retryingProvider(simulatedProvider(world, OWNER), 5)
    this.#pools = pools
    this.loads = new RealmLoads(demand, () => world.clock.nowMs())
  }

  /** Those that run, by size. */
  get running(): Map<string, number> {
    const bySize = new Map<string, number>()
    for (const { size, state } of this.#found.values())
      if (state === 'running') bySize.set(size, (bySize.get(size) ?? 0) + 1)
    return bySize
  }

  get cost(): number {
    return this.#world.cost(OWNER).amount
  }

  /** Plans and acts, then lets half a minute pass, in which the realms are asked what they are asked in this step. */
  async step(step: number): Promise<void> {
    const endMs = this.#world.clock.nowMs() + STEP_MS
    if (step % 2 === 0) await this.#readPrices()
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      this.#takeNotice()
      const { actions } = plan(this.#state())
      let isDone = true
      for (const action of actions) isDone = (await this.#act(action)) && isDone
      if (isDone) break
    }
    await this.#world.clock.advance(Math.max(0, endMs - this.#world.clock.nowMs()))
    this.#found = new Map((await this.#provider.list()).map((machine) => [machine.id, machine]))
    // What ended in the course of the step answers nothing in all of it.
    const cpus = new Map<string, number>()
    for (const [id, { pool }] of this.#known)
      if (this.#found.get(id)?.state === 'running') cpus.set(id, pool.cpus)
    this.loads.serve(step, cpus)
  }

  async #readPrices(): Promise<void> {
    const offerings = await this.#provider.offerings()
    this.#prices = new Map(offerings.map(({ size, zone, price }) => [`${size} ${zone}`, price?.amount ?? 0]))
  }

  /** A spot machine that is told of its end says so, and leaves. */
  #takeNotice(): void {
    for (const [id, known] of this.#known) {
      if (known.isNoticed || this.#world.noticeOf(OWNER, id) === null) continue
      known.isNoticed = true
      known.leaving ??= 'its provider takes it back'
    }
  }

  #state(): FleetState {
    const nowMs = this.#world.clock.nowMs()
    const used = this.loads.machines()
    const machines = [...this.#known].map(([id, known]) => this.#view(id, known, used.has(id)))
    const pools = this.#pools.map((pool): PoolState => {
      const isBlocked = (this.#backoff.get(pool.name)?.untilMs ?? 0) > nowMs
      const price = this.#prices.get(`${pool.size} ${pool.zone}`) ?? null
      return { ...pool, price, backoff: isBlocked ? 'its provider fails' : null }
    })
    return { pools, machines, realms: this.loads.states, homesOf: homesIn(this.loads.states) }
  }

  #view(id: string, known: KnownMachine, isUsed: boolean): MachineState {
    const nowMs = this.#world.clock.nowMs()
    const { pool, atMs, leaving } = known
    const found = this.#found.get(id)
    if (isUsed) known.emptySinceMs = nowMs
    const isComing = (!found && atMs === nowMs) || found?.state === 'starting' || atMs > nowMs - STEP_MS
    const isUp = found?.state === 'running'
    const young = isComing && nowMs - atMs < JOIN_MS && found?.state !== 'failed'
    const state = isUp ? (leaving === null ? 'ready' : 'leaving') : young ? 'starting' : 'lost'
    return {
      ...{ id, pool: pool.name, state, outdated: null, forced: false, isKnown: true },
      reason: state === 'lost' ? (found?.reason ?? 'it is gone') : leaving,
      ...{ memoryBytes: pool.memoryBytes, cpus: pool.cpus, emptyMs: nowMs - known.emptySinceMs },
    }
  }

  /** False: it failed, and another plan may do better. */
  async #act(action: PlanAction): Promise<boolean> {
    switch (action.action) {
      case 'launch':
        return this.#launch(action.pool)
      case 'drain':
        this.#known.get(action.machine)!.leaving ??= action.why
        break
      case 'destroy':
        await this.#destroy(action.machine)
        break
      case 'load':
        this.loads.load(action.realm, action.machine, action.reason === 'busy')
        break
      case 'unload':
        this.loads.unload(action.realm, action.machine)
    }
    return true
  }

  async #launch(name: string): Promise<boolean> {
    const pool = this.#pools.find((one) => one.name === name)!
    const id = `m-${this.figures.launched + 1}`
    try {
      await this.#provider.launch({ id, size: pool.size, zone: pool.zone, env: {} })
    } catch (thrown) {
      if (!['NO_CAPACITY', 'QUOTA_EXCEEDED'].includes(PlatformError.from(thrown).code)) throw thrown
      const failures = (this.#backoff.get(name)?.failures ?? 0) + 1
      const ms = Math.min(BACKOFF_MS.most, BACKOFF_MS.first * 2 ** failures)
      this.#backoff.set(name, { failures, untilMs: this.#world.clock.nowMs() + ms })
      return false
    }
    this.figures.launched += 1
    this.#backoff.delete(name)
    const nowMs = this.#world.clock.nowMs()
    this.#known.set(id, { pool, atMs: nowMs, leaving: null, emptySinceMs: nowMs, isNoticed: false })
    return true
  }

  async #destroy(id: string): Promise<void> {
    const known = this.#known.get(id)!
    const hasFailed = this.#found.get(id)?.state === 'failed'
    if (known.isNoticed) {
      this.figures.takenBack += 1
      if (hasFailed && this.loads.machines().has(id)) this.figures.takenWithRealms += 1
    } else if (hasFailed) this.figures.lost += 1
    await this.#provider.destroy(id)
    this.#known.delete(id)
    this.#found.delete(id)
    this.loads.lose(id)
  }
}
