import type { IsolateReport } from '@openzimki/core'
import type { RealmIsolate } from './realm-isolate.ts'
import type { WorkSums } from './work-sums.ts'

export type RunnerReport = Omit<IsolateReport, 'realm' | 'deployment'>

/** What the isolates of a deployment come to, for the agent. */
export function reportOf(isolates: Iterable<RealmIsolate>, nowMs: number, sums: WorkSums): RunnerReport {
  const report = { heapBytes: 0, active: 0, overrunMs: 0, idleMs: Number.POSITIVE_INFINITY }
  for (const { host, requests, lastUsedMs } of isolates) {
    // A running isolate cannot be asked without waiting for it.
    if (host.busy === 0) report.heapBytes += host.heapBytes
    report.active += requests.size
    report.overrunMs = Math.max(report.overrunMs, Math.round(host.overrunMs(nowMs)))
    report.idleMs = Math.min(report.idleMs, Math.round(nowMs - lastUsedMs))
  }
  return { ...report, idleMs: Number.isFinite(report.idleMs) ? report.idleMs : 0, sums: sums.at(nowMs) }
}
