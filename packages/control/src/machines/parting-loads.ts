import type { ControlContext } from '../control-context.ts'
import type { Agent } from './agent-hub.ts'
import type { CellFleet } from './cell-fleet.ts'
import type { LoadedDeployment } from './load-table.ts'

/** Loads that are out of the routes, and are unloaded when the last request has been answered. */
export class PartingLoads {
  readonly #context: ControlContext
  readonly #fleet: CellFleet
  readonly #drainMs: number
  /** Since when (monotonic). */
  readonly #since = new Map<LoadedDeployment, number>()

  /** `drainMs`: what a request that goes on has at most. */
  constructor(context: ControlContext, fleet: CellFleet, drainMs: number) {
    this.#context = context
    this.#fleet = fleet
    this.#drainMs = drainMs
  }

  get count(): number {
    return this.#since.size
  }

  begin(loaded: LoadedDeployment): void {
    if (this.#since.has(loaded)) return
    this.#since.set(loaded, this.#context.clock.monotonicMs())
    this.#fleet.hide(loaded)
  }

  /** Asks the machines what still runs, and unloads what does not. To be called in a round after `begin`, not in the same. */
  async finish(): Promise<void> {
    const byAgent = Map.groupBy(this.#since.keys(), ({ agent }) => agent)
    await Promise.all([...byAgent].map(([agent, loads]) => this.#finishOn(agent, loads)))
  }

  async #finishOn(agent: Agent, loads: LoadedDeployment[]): Promise<void> {
    try {
      if (agent.alive()) await this.#fleet.sync(agent)
      for (const loaded of loads) await this.#finishOne(loaded)
    } catch (error) {
      const { machine } = agent
      this.#context.log('warn', 'A machine does not say what still runs on it', {
        machine,
        error: String(error),
      })
    }
  }

  async #finishOne(loaded: LoadedDeployment): Promise<void> {
    const { realm, deployment, agent, hidden, active } = loaded
    const isThere = agent.alive() && this.#fleet.at(realm, deployment, agent.machine) === loaded
    const forMs = this.#context.clock.monotonicMs() - (this.#since.get(loaded) ?? 0)
    if (isThere && hidden && active > 0 && forMs < this.#drainMs) return
    this.#since.delete(loaded)
    // Shown again: somebody asked for it, and it was the only one.
    if (isThere && hidden) await this.#fleet.unloadOne(loaded)
  }
}
