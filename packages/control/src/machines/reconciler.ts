import { type Clock, type Offender, PlatformError } from '@openzimki/core'
import type { ControlLog } from '../control-context.ts'
import { loadKey, type RoutePublisher } from '../routing/route-publisher.ts'
import type { Agent, AgentHub } from './agent-hub.ts'
import type { CellFleet } from './cell-fleet.ts'
import type { LoadPlanner } from './load-planner.ts'
import { type LoadedDeployment, placeKey } from './load-table.ts'

export interface ReconcilerOptions {
  clock: Clock
  hub: AgentHub
  fleet: CellFleet
  publisher: RoutePublisher
  planner: LoadPlanner
  /** A realm that nobody asked for this long costs no memory any more. */
  idleMs: number
  /** How long a deployment that is out of the routes may finish what it answers. */
  drainMs: number
  /** Capabilities with less than this left are renewed. */
  renewBeforeMs: number
  /** A load that failed is not tried again before this. */
  failureMs: number
  log: ControlLog
}

/** Brings what runs of each realm in line with what is wanted of it. On which machines is the matter of the fleet's plan. */
export class Reconciler {
  readonly #options: ReconcilerOptions
  /** Loads that failed: what to answer until they may be tried again. */
  readonly #failed = new Map<string, { error: PlatformError; untilMs: number }>()
  /** Loads that nobody should reach any more, since when (monotonic). */
  readonly #draining = new Map<string, number>()
  /** Loads that are wanted though they are not live: a preflight, a test's copy. */
  readonly #held = new Map<string, number>()

  constructor(options: ReconcilerOptions) {
    this.#options = options
  }

  /** See RouteSource.demand. */
  async demand(realmId: string): Promise<void> {
    const { publisher, fleet, planner } = this.#options
    for (;;) {
      const realm = publisher.realm(realmId)
      if (!realm) throw new PlatformError('NOT_FOUND', 'There is no such realm')
      if (realm.state === 'refused')
        throw new PlatformError('QUARANTINED', realm.reason ?? 'The realm is refused')
      const { deployment } = realm
      if (deployment === null) throw new PlatformError('NOT_FOUND', 'Nothing is deployed in this realm yet')
      const key = loadKey(realmId, deployment)
      if (!fleet.get(realmId, deployment)) {
        this.#throwIfFailed(key)
        await this.#start(key, async () => fleet.load(await planner.planStored(realmId, deployment)))
      } else {
        this.#show(realmId, deployment)
      }
      publisher.flush()
      // A deploy may have switched meanwhile; then what was loaded is not what is wanted.
      if (publisher.realm(realmId)?.deployment === deployment) return
    }
  }

  /** Keeps a deployment that is not live from being unloaded; call the returned function when done. */
  hold(realm: string, deployment: string): () => void {
    const key = loadKey(realm, deployment)
    this.#held.set(key, (this.#held.get(key) ?? 0) + 1)
    let held = true
    return () => {
      if (!held) return
      held = false
      const left = (this.#held.get(key) ?? 1) - 1
      if (left > 0) this.#held.set(key, left)
      else this.#held.delete(key)
    }
  }

  /** Somebody keeps it from being unloaded. */
  isHeld(realm: string, deployment: string): boolean {
    return this.#held.has(loadKey(realm, deployment))
  }

  /** A new attempt may be made at once: something about the realm changed. */
  forgive(realm: string, deployment: string): void {
    this.#failed.delete(loadKey(realm, deployment))
  }

  /** Its deployments are out of the routes at once; those that the agent refuses are answered so until it may have changed its mind. */
  cellGone(machine: string, cell: string, offenders: Offender[]): LoadedDeployment[] {
    const { clock, fleet, failureMs } = this.#options
    for (const { realm, deployment, reason, refused } of offenders) {
      if (!refused) continue
      const error = new PlatformError(
        'QUARANTINED',
        `The deployment is refused: ${reason}. Deploy a version that obeys`,
      )
      this.#failed.set(loadKey(realm, deployment), { error, untilMs: clock.monotonicMs() + failureMs })
    }
    return fleet.cellGone(machine, cell)
  }

  /** One round: learn what runs, unload what is idle or not wanted, renew what would expire. */
  async tick(): Promise<void> {
    const { clock, hub } = this.#options
    for (const [key, { untilMs }] of this.#failed)
      if (untilMs <= clock.monotonicMs()) this.#failed.delete(key)
    await Promise.all(hub.all().map((agent) => this.#tickAgent(agent)))
  }

  async #tickAgent(agent: Agent): Promise<void> {
    const { fleet, log } = this.#options
    try {
      const cells = await fleet.sync(agent)
      const isolates = cells.flatMap((cell) => cell.isolates)
      const reports = new Map(
        isolates.map((isolate) => [loadKey(isolate.realm, isolate.deployment), isolate]),
      )
      for (const loaded of fleet.all()) {
        if (loaded.agent === agent)
          await this.#tickLoad(loaded, reports.get(loadKey(loaded.realm, loaded.deployment)))
      }
    } catch (error) {
      log('warn', 'A round of reconciliation failed; the next will try again', {
        machine: agent.machine,
        error: String(error),
      })
    }
  }

  async #tickLoad(
    loaded: LoadedDeployment,
    report: { idleMs: number; active: number } | undefined,
  ): Promise<void> {
    const { clock, fleet, publisher, idleMs, drainMs, renewBeforeMs } = this.#options
    const key = loadKey(loaded.realm, loaded.deployment)
    const place = placeKey(loaded.realm, loaded.deployment, loaded.agent.machine)
    const live = publisher.realm(loaded.realm)?.deployment === loaded.deployment || this.#held.has(key)
    const idle = report !== undefined && report.active === 0 && report.idleMs >= idleMs
    if (live && !idle) {
      this.#draining.delete(place)
      if (loaded.capabilityExpiresAtMs - clock.nowMs() < renewBeforeMs) await fleet.renew(loaded)
      return
    }
    if (this.#held.has(key)) return
    const since = this.#draining.get(place)
    if (since === undefined) {
      this.#draining.set(place, clock.monotonicMs())
      fleet.hide(loaded)
      return
    }
    const drained = report === undefined || report.active === 0
    if (!drained && clock.monotonicMs() - since < drainMs) return
    this.#draining.delete(place)
    await fleet.unloadOne(loaded)
  }

  /** It was hidden to be unloaded, and is wanted again. */
  #show(realm: string, deployment: string): void {
    const loaded = this.#options.fleet.get(realm, deployment)
    if (!loaded) return
    this.#draining.delete(placeKey(realm, deployment, loaded.agent.machine))
    this.#options.fleet.show(loaded)
  }

  #throwIfFailed(key: string): void {
    const failure = this.#failed.get(key)
    if (failure && failure.untilMs > this.#options.clock.monotonicMs()) throw failure.error
  }

  async #start(key: string, load: () => Promise<LoadedDeployment>): Promise<void> {
    const { clock, failureMs } = this.#options
    try {
      await load()
      this.#failed.delete(key)
    } catch (thrown) {
      const error = PlatformError.from(thrown)
      // What the program itself does wrong would happen again: do not let every request start it.
      if (error.code === 'SCRIPT_ERROR' || error.code === 'QUARANTINED') {
        this.#failed.set(key, { error, untilMs: clock.monotonicMs() + failureMs })
      }
      throw error
    }
  }
}
