import type { UsageAmounts } from '@openzimki/core'

/** Every amount of a usage row, in one fixed order. */
export const AMOUNT_NAMES = [
  'requests',
  'cpuNs',
  'jsops',
  'wallMs',
  'bytesIn',
  'bytesOut',
  'egressBytes',
  'storeReads',
  'storeWrites',
] as const satisfies readonly (keyof UsageAmounts)[]

/** Amounts of nothing. */
export function zeroAmounts(): UsageAmounts {
  return {
    requests: 0,
    cpuNs: 0,
    jsops: 0,
    wallMs: 0,
    bytesIn: 0,
    bytesOut: 0,
    egressBytes: 0,
    storeReads: 0,
    storeWrites: 0,
  }
}

/** Adds `amounts` into `sum`. Written out, because it runs once a request. */
export function addAmounts(sum: UsageAmounts, amounts: UsageAmounts): void {
  sum.requests += amounts.requests
  sum.cpuNs += amounts.cpuNs
  sum.jsops += amounts.jsops
  sum.wallMs += amounts.wallMs
  sum.bytesIn += amounts.bytesIn
  sum.bytesOut += amounts.bytesOut
  sum.egressBytes += amounts.egressBytes
  sum.storeReads += amounts.storeReads
  sum.storeWrites += amounts.storeWrites
}

/** The amounts alone, rounded to whole units. From here on every sum is exact, in whatever order it is taken. */
export function wholeAmounts(amounts: UsageAmounts): UsageAmounts {
  const whole = zeroAmounts()
  for (const name of AMOUNT_NAMES) whole[name] = Math.round(amounts[name])
  return whole
}

/**
 * JSOPs that `cpuNs` of work on a machine amount to, in whole JSOPs. `jsopNs` is the machine's calibration
 * (calibrateJsop). A machine without one (0 or not a number) counts one JSOP a nanosecond's worth of nothing: 0.
 */
export function jsopsFor(cpuNs: number, jsopNs: number): number {
  return jsopNs > 0 ? Math.round(cpuNs / jsopNs) : 0
}
