import { type FleetPlan, type FleetState, plan } from '@openzimki/placement'
import type { MachineProvider } from '@openzimki/provider'
import type { ControlContext } from '../control-context.ts'
import type { AgentHub } from './agent-hub.ts'
import type { FleetActor } from './fleet-actor.ts'
import type { FleetObserver } from './fleet-observer.ts'
import type { FleetWatch } from './fleet-watch.ts'
import type { MachinePool } from './machine-pool.ts'
import type { MachineRegistry } from './machine-registry.ts'
import type { MachineRemover } from './machine-remover.ts'
import type { PartingLoads } from './parting-loads.ts'
import type { RealmSignals } from './realm-signals.ts'
import type { Waker } from './waker.ts'

export interface FleetKeeperParts {
  context: ControlContext
  hub: AgentHub
  registry: MachineRegistry
  pools: readonly MachinePool[]
  observer: FleetObserver
  actor: FleetActor
  remover: MachineRemover
  parting: PartingLoads
  signals: RealmSignals
  watch: FleetWatch
  waker: Waker
  /** Aborted when no more is to be begun. */
  closing: AbortController
  /** Between looks at a fleet in which nothing happens. What happens meanwhile wakes the keeper. */
  calmMs: number
  /** Between looks for strays and at prices. */
  strayMs: number
  /** The same for strays of a provider that tells of its machines, where a look is but a safety net. */
  watchedStrayMs: number
  backoff: { firstMs: number; maxMs: number }
}

/** Keeps the fleet as `plan` wants it: looks, plans, acts, again and again. Destroys machines of ours that nobody knows. */
export class FleetKeeper {
  readonly #parts: FleetKeeperParts
  #running: Promise<void> | null = null
  #strayAtMs = 0
  readonly #strayAtMsOf = new Map<MachineProvider, number>()
  /** Rounds in a row that failed, or found no machine. */
  #poorRounds = 0
  #isUnderWay = false

  constructor(parts: FleetKeeperParts) {
    this.#parts = parts
  }

  /** Resolves after the first round; when it failed there are more. The agents may not have joined yet. */
  async start(): Promise<void> {
    await this.#attempt('Machines that nobody knows could not be found', () => this.#lookAround())
    await this.#attempt('A look at the fleet failed', () => this.#round())
    this.#parts.watch.start()
    this.#running = this.#keep()
  }

  /** An agent came or went, a machine was condemned, a realm waits: look now. */
  wake(): void {
    this.#parts.waker.wake()
  }

  get pools(): readonly MachinePool[] {
    return this.#parts.pools
  }

  /** What is, and what would be done now. Changes nothing. */
  async preview(): Promise<{ state: FleetState; planned: FleetPlan }> {
    const state = await this.#parts.observer.observe()
    return { state, planned: plan(state) }
  }

  /** Stops keeping. With a grace the machines are stopped and forgotten too; with null they live on. */
  async close(graceMs: number | null): Promise<void> {
    const { closing, actor, pools, registry, observer, remover, watch } = this.#parts
    closing.abort()
    this.wake()
    await this.#running
    await watch.ended()
    await actor.settled()
    for (const pool of pools) pool.close()
    if (graceMs === null) return
    const rows = await registry.all()
    await Promise.all(
      rows.map((row) =>
        this.#attempt('A machine could not be removed', async () => {
          const pool = observer.poolOf(row)
          if (pool) await remover.stop(row.id, pool.options.provider, graceMs)
        }),
      ),
    )
  }

  async #keep(): Promise<void> {
    const { closing, waker, context, strayMs } = this.#parts
    while (!closing.signal.aborted) {
      await waker.sleep(this.#pauseMs())
      if (closing.signal.aborted) return
      await this.#attempt('A look at the fleet failed', () => this.#round())
      if (context.clock.monotonicMs() - this.#strayAtMs < strayMs) continue
      await this.#attempt('Machines that nobody knows could not be found', () => this.#lookAround())
    }
  }

  async #attempt(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#poorRounds += 1
      this.#parts.context.log('error', `${what}; it will be tried again`, { error: String(error) })
    }
  }

  async #round(): Promise<void> {
    const { observer, actor, hub, parting, signals } = this.#parts
    await parting.finish()
    const state = await observer.observe()
    const { actions } = plan(state)
    for (const action of actions) {
      if (action.action === 'load' && action.reason === 'busy') signals.grew(action.realm)
    }
    const { begun, failed } = await actor.carryOut(actions)
    const isLeaving = state.machines.some((machine) => machine.state === 'leaving')
    this.#isUnderWay = begun > 0 || isLeaving || parting.count > 0
    this.#poorRounds = hub.all().length > 0 && failed === 0 ? 0 : this.#poorRounds + 1
  }

  /**
   * Machines that carry our owner's tag, which alone is what a provider lists, and are not registered: left behind by a crash between
   * two steps, or by a launch that was given up and came true later. A machine is registered before it is launched.
   */
  async #lookAround(): Promise<void> {
    const { context, pools } = this.#parts
    this.#strayAtMs = context.clock.monotonicMs()
    await Promise.all(pools.map((pool) => pool.refresh()))
    const providers = new Set(pools.map((pool) => pool.options.provider))
    const failures: unknown[] = []
    for (const provider of providers) {
      if (!this.#isDue(provider)) continue
      await this.#destroyStrays(provider).catch((error: unknown) => failures.push(error))
    }
    if (failures.length > 0) throw failures[0]
  }

  #isDue(provider: MachineProvider): boolean {
    const { context, watch, watchedStrayMs } = this.#parts
    const lastMs = this.#strayAtMsOf.get(provider)
    const nowMs = context.clock.monotonicMs()
    if (lastMs !== undefined && watch.isHeard(provider) && nowMs - lastMs < watchedStrayMs) return false
    return true
  }

  async #destroyStrays(provider: MachineProvider): Promise<void> {
    const { context, registry } = this.#parts
    const found = await provider.list()
    const known = new Set((await registry.all()).map((row) => row.id))
    for (const { id } of found) {
      if (known.has(id)) continue
      context.log('warn', 'A machine that nobody knows was found and destroyed', { machine: id })
      await provider.destroy(id)
    }
    this.#strayAtMsOf.set(provider, context.clock.monotonicMs())
  }

  #pauseMs(): number {
    const { backoff, calmMs } = this.#parts
    if (this.#poorRounds === 0) return this.#isUnderWay ? backoff.firstMs : calmMs
    return Math.min(backoff.maxMs, backoff.firstMs * 2 ** Math.min(20, this.#poorRounds))
  }
}
