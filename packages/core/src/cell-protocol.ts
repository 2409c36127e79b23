import type { RealmKind } from './artifact.ts'
import type { ErrorShape } from './errors.ts'
import type { RealmLimits } from './limits.ts'
import type { UsageWindow } from './usage.ts'

/** What a cell needs to run one deployment. Holds no credential but the capability, which opens this realm alone. */
export interface CellLoad {
  account: string
  realm: string
  deployment: string
  kind: RealmKind
  /** Store token for (realm, deployment, expiry); see store/src/capability.ts. */
  capability: string
  limits: RealmLimits
  /** Variables and secrets of the realm. */
  env: Record<string, string>
  /** What control has read from the store for the start; left out: the cell reads it. `artifact`: its JSON text. `classes`: all of the realm. */
  prefetched?: { artifact: string; classes: string[] }
}

export interface LogEntry {
  /** Milliseconds since 1970. */
  timeMs: number
  realm: string
  deployment: string
  /** Request that wrote it, or null. */
  request: string | null
  level: 'debug' | 'info' | 'warn' | 'error'
  text: string
}

/** What a cell says of each isolate it holds, in every pong. */
export interface IsolateReport {
  realm: string
  deployment: string
  heapBytes: number
  /** Requests running or waiting. */
  active: number
  /** Milliseconds the isolate has been running past its CPU limit without yielding; 0 when it obeys. */
  overrunMs: number
  /** Monotonic milliseconds since its last request. */
  idleMs: number
  /** Left out: nothing is known of its load. */
  sums?: LoadSums
}

/** What a deployment has had to do since it was loaded in its cell. Sums only grow, so whoever reads them chooses the span. */
export interface LoadSums {
  /** Requests that got their turn. */
  entered: number
  /** Milliseconds that requests waited for their turn in a queue of the cell, added up; of those that still wait, up to now. */
  waitedMs: number
  /** Milliseconds that its places were taken, added up. */
  busyMs: number
  /** Milliseconds of its isolates' threads. */
  cpuMs: number
  /** How many requests it can work on at once. */
  places: number
}

/** How busy a deployment is in its cell, on average over the last seconds. */
export interface IsolateLoad {
  /** Requests that wait for their turn. */
  waiting: number
  /** Requests that get their turn in a second. */
  perSecond: number
  /** Share of its places that are taken, 0 to 1. */
  busy: number
  /** Cores that it keeps busy. */
  cpus: number
}

/** Agent to cell, over the child process's IPC channel. */
export type ToCell =
  | { type: 'load'; id: number; load: CellLoad }
  | { type: 'unload'; realm: string; deployment: string }
  | { type: 'renew'; realm: string; deployment: string; capability: string }
  | { type: 'ping'; id: number }
  | { type: 'usage-ack'; sequence: number }
  /** Finish what runs, ship the meter, exit 0. */
  | { type: 'drain' }

/** Cell to agent. Everything in it may be a lie: the agent validates it. */
export type FromCell =
  | { type: 'ready'; pid: number }
  | { type: 'loaded'; id: number; ms: number }
  | { type: 'load-failed'; id: number; error: ErrorShape }
  | { type: 'pong'; id: number; rssBytes: number; isolates: IsolateReport[] }
  | { type: 'usage'; window: UsageWindow }
  | { type: 'log'; entries: LogEntry[] }

/** `alternate`: in every other two seconds only, for the benchmark of what the meter costs. */
export const METER_MODES = ['on', 'alternate'] as const
export type MeterMode = (typeof METER_MODES)[number]

/** Environment variables with which an agent starts a cell. */
export const CELL_ENV = {
  /** UUID of the cell; also the meter's source. */
  id: 'ZIMKI_CELL_ID',
  /** Path of the Unix socket on which the cell listens for gateways. */
  listen: 'ZIMKI_CELL_LISTEN',
  /** Path of the Unix socket of the store. */
  store: 'ZIMKI_CELL_STORE',
  /** JSOP calibration of the machine: CPU nanoseconds of one JSOP. */
  jsopNs: 'ZIMKI_CELL_JSOP_NS',
  /** Comma-separated CIDRs or `host:port` that outbound calls may reach although they are private. */
  egressAllow: 'ZIMKI_CELL_EGRESS_ALLOW',
  /** When it meters: MeterMode. */
  meter: 'ZIMKI_CELL_METER',
} as const
