import { PlatformError } from '@openzimki/core'
import type { PlanAction } from '@openzimki/placement'
import type { ControlContext } from '../control-context.ts'
import type { MachineOptions } from '../control-options.ts'
import type { RoutePublisher } from '../routing/route-publisher.ts'
import type { AgentHub } from './agent-hub.ts'
import type { CellFleet } from './cell-fleet.ts'
import type { FleetObserver } from './fleet-observer.ts'
import type { LoadPlanner } from './load-planner.ts'
import type { MachinePool } from './machine-pool.ts'
import type { MachineRegistry } from './machine-registry.ts'
import type { MachineRemover } from './machine-remover.ts'
import type { PartingLoads } from './parting-loads.ts'

export interface FleetActorParts {
  context: ControlContext
  hub: AgentHub
  registry: MachineRegistry
  fleet: CellFleet
  publisher: RoutePublisher
  planner: LoadPlanner
  pools: readonly MachinePool[]
  observer: FleetObserver
  remover: MachineRemover
  parting: PartingLoads
  env: MachineOptions['env']
  release: string
  /** Something that took its time is done: plan again. */
  onDone: () => void
  closed: AbortSignal
}

/** `left`: it goes on already, or there is nothing to do any more. */
type Result = 'begun' | 'left' | 'failed'

/** What failed beside the rounds is not begun again before this. */
const FAILED_PAUSE_MS = 5_000

/** Codes that say of a prepared machine that it cannot be started; of the others its provider is to be blamed. */
const USELESS: ReadonlySet<string> = new Set(['NO_CAPACITY', 'INVALID_ARGUMENT', 'NOT_FOUND'])

type Action<A extends PlanAction['action']> = Extract<PlanAction, { action: A }>

/** Carries out what was planned. One action that fails keeps no other from being done; the next plan finds it again. */
export class FleetActor {
  readonly #parts: FleetActorParts
  /** What goes on beside the rounds, so that a slow machine holds up no other. */
  readonly #beside = new Map<string, Promise<void>>()
  readonly #pausedUntilMs = new Map<string, number>()

  constructor(parts: FleetActorParts) {
    this.#parts = parts
  }

  /** In order. Resolves when nothing is left that has to be done before the next look. */
  async carryOut(actions: readonly PlanAction[]): Promise<{ begun: number; failed: number }> {
    const { closed } = this.#parts
    const results: Result[] = []
    const inOrder: PlanAction['action'][] = ['destroy', 'start', 'launch', 'drain', 'load', 'unload']
    for (const verb of inOrder) {
      if (closed.aborted) break
      const now = actions.filter(({ action }) => action === verb)
      results.push(...(await Promise.all(now.map((action) => this.#attempt(action)))))
    }
    const count = (which: Result) => results.filter((result) => result === which).length
    return { begun: count('begun'), failed: count('failed') }
  }

  /** What goes on beside the rounds has ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#beside.values())
  }

  async #attempt(action: PlanAction): Promise<Result> {
    try {
      return (await this.#do(action)) ? 'begun' : 'left'
    } catch (error) {
      this.#tell(action, error)
      return 'failed'
    }
  }

  /** Whether it was begun now. False: it goes on already, or there is nothing to do any more. */
  async #do(action: PlanAction): Promise<boolean> {
    switch (action.action) {
      case 'launch':
        return this.#launch(action)
      case 'start':
        return this.#start(action)
      case 'destroy':
        return this.#destroy(action)
      case 'drain':
        return this.#drain(action)
      case 'load':
        return this.#load(action)
      case 'unload': {
        const [realm = '', deployment = ''] = action.realm.split(' ')
        const loaded = this.#parts.fleet.at(realm, deployment, action.machine)
        if (loaded) this.#parts.parting.begin(loaded)
        return loaded !== null
      }
    }
  }

  async #launch({ pool: name, why, reason, prepared: isPrepared }: Action<'launch'>): Promise<boolean> {
    const { context, pools, registry, observer, env, release } = this.#parts
    const pool = pools.find((one) => one.name === name)
    if (!pool) return false
    const id = `m-${context.randomUUID()}`
    const prepared = isPrepared === true
    const what = prepared ? 'A machine is prepared' : 'A machine is launched'
    if (reason !== 'floor') context.log('info', what, { machine: id, pool: name, why })
    const joinToken = await registry.add(id, { pool: name, release, prepared })
    observer.expect(id)
    const { provider, size, zone } = pool.options
    try {
      const spec = { id, size, zone, env: env({ id, joinToken, pool: name }) }
      await provider.launch(prepared ? { ...spec, prepared } : spec)
    } catch (error) {
      pool.failed(error)
      // While this pool is left alone, another may do.
      this.#parts.onDone()
      throw error
    }
    return true
  }

  /** That it may join is written down first: what is lost from then on is a machine that is still prepared, and is started again. */
  async #start({ pool: name, machine, why }: Action<'start'>): Promise<boolean> {
    const { context, pools, registry, observer, onDone } = this.#parts
    const pool = pools.find((one) => one.name === name)
    if (!pool || !(await registry.start(machine))) return false
    context.log('info', 'A machine that was prepared is started', { machine, pool: name, why })
    observer.expect(machine)
    try {
      await pool.options.provider.start(machine)
    } catch (error) {
      const { code } = PlatformError.from(error)
      if (USELESS.has(code)) await this.#discard(machine, pool, String(error))
      else pool.failed(error)
      onDone()
      throw error
    }
    return true
  }

  /** What cannot be had when it is needed is not kept: another is started, or launched. */
  async #discard(machine: string, pool: MachinePool, why: string): Promise<void> {
    const { context, observer, remover } = this.#parts
    context.log('warn', 'A machine that was prepared cannot be started, and goes', { machine, why })
    await remover.remove(machine, pool.options.provider)
    observer.forget(machine)
  }

  async #destroy(action: Action<'destroy'>): Promise<boolean> {
    const { context, pools, observer, remover, closed } = this.#parts
    const { machine, why } = action
    const pool = pools.find((one) => one.name === action.pool)
    if (!pool) return false
    const { provider } = pool.options
    if (!this.#beside.has(machine)) context.log('warn', 'A machine goes', { machine, pool: action.pool, why })
    if (action.reason === 'lost') {
      // One that never came costs its provider our trust for a while; one that died is replaced at once.
      if (observer.neverJoined(machine))
        pool.failed(new PlatformError('UNAVAILABLE', `machine ${machine} never joined`))
      await remover.remove(machine, provider)
      observer.forget(machine)
      return true
    }
    return this.#goBeside(machine, action, async () => {
      await remover.retire(machine, provider, closed)
      observer.forget(machine)
    })
  }

  async #drain({ machine, why }: Action<'drain'>): Promise<boolean> {
    const { context, registry, hub } = this.#parts
    context.log('info', 'A machine is emptied', { machine, why })
    hub.cordon(machine)
    return registry.leave(machine, why)
  }

  async #load(action: Action<'load'>): Promise<boolean> {
    const { hub, planner, publisher, fleet } = this.#parts
    const [realm = '', deployment = ''] = action.realm.split(' ')
    const agent = hub.get(action.machine)
    // What is waited for is loaded by whoever waits; what is not live goes where it was asked for.
    if (!agent || agent.cordoned || fleet.isStarting(realm, deployment)) return false
    if (publisher.realm(realm)?.deployment !== deployment) return false
    return this.#goBeside(`${action.realm} ${action.machine}`, action, async () => {
      await fleet.loadOn(agent, await planner.planStored(realm, deployment))
    })
  }

  #goBeside(key: string, action: PlanAction, work: () => Promise<void>): boolean {
    const { clock } = this.#parts.context
    if (this.#beside.has(key) || (this.#pausedUntilMs.get(key) ?? 0) > clock.monotonicMs()) return false
    this.#pausedUntilMs.delete(key)
    const run = work()
      .then(
        () => this.#parts.onDone(),
        (error: unknown) => {
          this.#pausedUntilMs.set(key, clock.monotonicMs() + FAILED_PAUSE_MS)
          this.#tell(action, error)
        },
      )
      .finally(() => this.#beside.delete(key))
    this.#beside.set(key, run)
    return true
  }

  #tell(action: PlanAction, error: unknown): void {
    if (this.#parts.closed.aborted) return
    const { why, ...what } = action
    this.#parts.context.log('error', 'What was planned failed; it will be planned again', {
      ...what,
      error: String(error),
    })
  }
}
