import { allOf, lastOf, spanMs, type UnitFile } from './unit-file.ts'

/** How a program ended: its status, or the signal's name. */
export type Ending = number | string

const CLEAN_SIGNALS = ['SIGHUP', 'SIGINT', 'SIGTERM', 'SIGPIPE']
const DEFAULT_BURST = 5
const DEFAULT_INTERVAL_MS = 10_000

const listed = (unit: UnitFile, name: string, ending: Ending): boolean =>
  allOf(unit, 'Service', name)
    .flatMap((line) => line.split(/\s+/))
    .some((one) => one === String(ending) || `SIG${one}` === ending)

export const isClean = (unit: UnitFile, ending: Ending): boolean =>
  ending === 0 || CLEAN_SIGNALS.includes(String(ending)) || listed(unit, 'SuccessExitStatus', ending)

/** By Restart= and the lists that overrule it (systemd.service(5)). */
export function restarts(unit: UnitFile, ending: Ending): boolean {
  if (listed(unit, 'RestartPreventExitStatus', ending)) return false
  if (listed(unit, 'RestartForceExitStatus', ending)) return true
  const policy = lastOf(unit, 'Service', 'Restart') ?? 'no'
  if (policy === 'always') return true
  if (isClean(unit, ending)) return policy === 'on-success'
  if (policy === 'on-abnormal' || policy === 'on-abort') return typeof ending === 'string'
  return policy === 'on-failure'
}

/** Whether it was started too often to be started again. `starts`: when it was, in monotonic milliseconds, the eldest first. */
export function startsTooOften(unit: UnitFile, starts: number[], nowMs: number): boolean {
  const burst = Number(lastOf(unit, 'Unit', 'StartLimitBurst') ?? DEFAULT_BURST)
  const intervalMs = spanMs(lastOf(unit, 'Unit', 'StartLimitIntervalSec'), DEFAULT_INTERVAL_MS)
  return burst > 0 && starts.filter((at) => nowMs - at < intervalMs).length >= burst
}
