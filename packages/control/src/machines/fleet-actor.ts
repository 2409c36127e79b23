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
    const inOrder: PlanAction['action'][] = ['destroy', 'launch', 'drain', 'load', 'unload']
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

  async #launch({ pool: name, why, reason }: Action<'launch'>): Promise<boolean> {
    const { context, pools, registry, observer, env, release } = this.#parts
    const pool = pools.find((one) => one.name === name)
    if (!pool) return false
    const id = `m-${context.randomUUID()}`
    if (reason !== 'floor') context.log('info', 'A machine is launched', { machine: id, pool: name, why })
    const joinToken = await registry.add(id, { pool: name, release })
    observer.expect(id)
    const { provider, size, zone } = pool.options
    try {
      await provider.launch({ id, size, zone, env: env({ id, joinToken, pool: name }) })
    } catch (error) {
      pool.failed(error)
      // While this pool is left alone, another may do.
      this.#parts.onDone()
      throw error
    }
    return true
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
