import type { IsolateCpu } from '@openzimki/meter'
import { CellMeter } from './cell-meter.ts'
import type { RunningRequest } from './running-request.ts'

/** How long it meters, and then does not. */
const HALF_MS = 2_000

/** Meters in every other two seconds (by the clock, beginning with an even number), so that a benchmark sees in one process what the meter costs. */
export class AlternatingMeter extends CellMeter {
  override begin(isolate: IsolateCpu, request: RunningRequest): void {
    if (isOn()) super.begin(isolate, request)
  }

  override slice(isolate: IsolateCpu, request: RunningRequest | null, elapsedNs: number): void {
    if (isOn()) super.slice(isolate, request, elapsedNs)
  }
}

const isOn = (): boolean => Math.floor(Date.now() / HALF_MS) % 2 === 0
