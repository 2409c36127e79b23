import type { PlatformError } from '@openzimki/core'
import type { RealmServices } from '../bindings/operation.ts'
import type { CellMeter } from './cell-meter.ts'
import type { IsolatePool } from './isolate-pool.ts'
import type { RunnerReport } from './report-of.ts'
import type { Runaways } from './runaways.ts'
import type { RunningRequest } from './running-request.ts'

/** How requests of one kind of realm are run. */
export interface Runner {
  /** Loads the code into its first isolate. `classes`: all that the realm has now. SCRIPT_ERROR when it fails. */
  start(classes: Promise<readonly string[]>): Promise<void>
  run(request: RunningRequest): Promise<void>
  reports(nowMs: number): RunnerReport
  settleClocks(): void
  dispose(reason: PlatformError): void
}

export interface RunnerOptions {
  realm: RealmServices
  pool: IsolatePool
  meter: CellMeter
  runaways: Runaways
}
