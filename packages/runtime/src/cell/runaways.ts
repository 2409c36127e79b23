import type { IsolateReport } from '@openzimki/core'
import type { RealmServices } from '../bindings/operation.ts'
import { type Clocked, settleClock } from './settle-clock.ts'

interface Runaway extends Clocked {
  readonly realm: RealmServices
}

/**
 * Isolates that were given up while their threads run on, whatever became of their deployments since. The agent hears of them for as long
 * as they run, since only it can end them, with the whole cell.
 */
export class Runaways {
  readonly #isolates = new Set<Runaway>()

  add(isolate: Runaway): void {
    this.#isolates.add(isolate)
    void isolate.host.stopped.then(() => this.#isolates.delete(isolate))
  }

  /** What they burn is nobody's, but it must not be taken for what others burn. */
  settleClocks(): void {
    for (const isolate of this.#isolates) settleClock(isolate)
  }

  /** The reports of all that is loaded, with what ran away. */
  addedTo(reports: readonly IsolateReport[], nowMs: number): IsolateReport[] {
    const all = [...reports]
    for (const { host, realm } of this.#isolates) {
      const overrunMs = Math.round(host.overrunMs(nowMs))
      // It was given up before its time, and will stop at once.
      if (overrunMs === 0) continue
      const { realm: id, deployment } = realm.load
      const at = all.findIndex((report) => report.realm === id && report.deployment === deployment)
      const known = all[at]
      if (known) all[at] = { ...known, overrunMs: Math.max(known.overrunMs, overrunMs) }
      else all.push({ realm: id, deployment, heapBytes: 0, active: 0, overrunMs, idleMs: 0 })
    }
    return all
  }
}
