/** How a request ended, for the meter. */
export type Outcome = 'ok' | 'error' | 'limit' | 'cancelled'

/** Who and what a measured amount is charged to. */
export interface UsageLabels {
  account: string
  realm: string
  /** API key (UUID) through which the request came; `system` for work that no key asked for. */
  key: string
  deployment: string
  /** The published path or pattern, the service's name, or the export that served it. */
  function: string
  outcome: Outcome
}

/** Measured amounts. All are sums, so rows add up. */
export interface UsageAmounts {
  requests: number
  /** CPU nanoseconds of the isolate. */
  cpuNs: number
  /** CPU nanoseconds divided by the machine's calibration: the same work costs the same anywhere. */
  jsops: number
  /** Wall milliseconds from first byte in to last byte out. */
  wallMs: number
  bytesIn: number
  bytesOut: number
  /** Bytes of outbound calls, both ways. */
  egressBytes: number
  storeReads: number
  storeWrites: number
}

/** One finished request. */
export type UsageRecord = UsageLabels & UsageAmounts

/**
 * What a cell ships: the records of one window, added up by labels. `source` and `sequence` name it for ever:
 * it may be shipped many times and is counted once.
 */
export interface UsageWindow {
  /** UUID of the cell process that measured. */
  source: string
  /** 1, 2, 3 ... without gaps within a source. */
  sequence: number
  startMs: number
  endMs: number
  rows: UsageRecord[]
}
