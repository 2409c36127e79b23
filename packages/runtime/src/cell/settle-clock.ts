import type { IdTable } from '@openzimki/core'
import type { IsolateHost } from '../engine/isolate-host.ts'
import type { RunningRequest } from './running-request.ts'

/** An isolate and what runs in it. */
export interface Clocked {
  readonly host: IsolateHost
  readonly requests: IdTable<RunningRequest>
}

/** Counts a long run as it goes; what runs alone in its isolate is known by name. */
export function settleClock({ host, requests }: Clocked): void {
  if (host.busy === 0) return
  const [only] = requests.size === 1 ? requests.all() : []
  host.clock.settle(only?.id ?? null)
}
