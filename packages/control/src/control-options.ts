import type { Clock, PlatformError } from '@openzimki/core'
import type { Identity } from '@openzimki/link'
import type { PriceList, SigningKey } from '@openzimki/meter'
import type { CellEndpoint, Isolation } from '@openzimki/placement'
import type { MachineProvider } from '@openzimki/provider'
import type { BlobRefs, BlobStore, ObjectStore } from '@openzimki/store'
import type { ControlLog } from './control-context.ts'
import type { Invoke } from './realm-invoker.ts'

/** Machines of one size from one provider. */
export interface PoolOptions {
  name: string
  /** Pools of one group are as good as each other; left out: it stands alone. */
  group?: string | null
  provider: MachineProvider
  /** Of `provider.offerings`. */
  size: string
  zone: string | null
  /** Machines that are kept, whether they are needed or not. */
  floor: number
  /** Never more, but for the successor of one that leaves. */
  ceiling: number
  /** Machines that are kept ready beyond those that have realms. */
  spares: number
  /** Machines that are kept installed and not running; what is needed is started from these first. Default 0. */
  prepared?: number
  /** Of an hour, in the currency of the provider; above it nothing is launched. */
  priceCeiling: number | null
  /** How long an agent may take to join; default: `timings.joinMs`. */
  joinMs?: number
}

/** Where machines come from. */
export interface MachineOptions {
  /** In order of preference; at least one. Names differ. */
  pools: PoolOptions[]
  /** The environment of a machine's agent; the address that `listenAgents` was given belongs in it. */
  env: (machine: { id: string; joinToken: string; pool: string }) => Record<string, string>
  /**
   * What a machine left behind on a disk that can still be read, asked for when it has been destroyed. Left out: nothing outlives a
   * machine. The machine is forgotten only after that has been taken.
   */
  leftBehind?: (machine: string) => LeftBehind
}

/** Usage and logs that a machine's agents could not ship. They are checked as if the machine shipped them, and counted once. */
export interface LeftBehind {
  windows(): AsyncIterable<unknown>
  logs(): AsyncIterable<unknown>
  /** All of it was taken: it may go. May be repeated. */
  forget(): Promise<void>
}

/** All in milliseconds. */
export interface ControlTimings {
  /** A realm that nobody asked for this long is unloaded. */
  idleMs: number
  /** How long an old deployment may finish what it answers. */
  drainMs: number
  capabilityMs: number
  renewBeforeMs: number
  /** A load that the program itself made fail is not tried again before this. */
  failureMs: number
  /** Until an agent is there to load a realm. */
  agentTimeoutMs: number
  loadTimeoutMs: number
  /** Between rounds of the reconciler. */
  tickMs: number
  /** Between rounds of sealing readings and pruning. */
  sealMs: number
  /** How long after its end an hour stays open for windows that come late. */
  sealLagMs: number
  /** A machine whose agent has not joined by then is replaced. */
  joinMs: number
  /** A machine that is only to be prepared, and is not by then, is replaced. */
  prepareMs: number
  /** A join token that nobody used for this long works no longer. */
  joinTokenMs: number
  /** Between looks for machines of ours that nobody knows. */
  strayMs: number
  /** The same at a provider that tells of its machines' ends: then it is but a safety net. */
  watchedStrayMs: number
  /** So long a machine of such a provider, whose agent is away, is taken to be as it was seen last. */
  watchedLookMs: number
  /** Between looks at a fleet in which nothing happens; what happens is seen to at once. */
  fleetMs: number
  relaunchFirstMs: number
  relaunchMaxMs: number
  /** A machine that leaves and could not be emptied by then goes all the same. */
  patienceMs: number
  /** Requests must have waited so long before a realm gets another load. */
  busyMs: number
  /** After that, nothing is read out of its figures before this; a few times the span that agents average over. */
  settleMs: number
  /** A realm that has grown must have been calm for so long before it gives a load back. */
  calmMs: number
}

export const DEFAULT_TIMINGS: ControlTimings = {
  idleMs: 15 * 60_000,
  drainMs: 30_000,
  capabilityMs: 3_600_000,
  renewBeforeMs: 20 * 60_000,
  failureMs: 2_000,
  agentTimeoutMs: 10_000,
  loadTimeoutMs: 20_000,
  tickMs: 5_000,
  sealMs: 60_000,
  sealLagMs: 120_000,
  joinMs: 10_000,
  prepareMs: 15 * 60_000,
  joinTokenMs: 3_600_000,
  strayMs: 60_000,
  watchedStrayMs: 10 * 60_000,
  watchedLookMs: 30_000,
  fleetMs: 5_000,
  relaunchFirstMs: 250,
  relaunchMaxMs: 30_000,
  patienceMs: 15 * 60_000,
  busyMs: 4_000,
  settleMs: 15_000,
  calmMs: 2 * 60_000,
}

export interface ControlOptions {
  /** Holds `control.sqlite` and `logs.sqlite`, unless `state` is given; must exist. */
  directory: string
  /** `postgres://` URL of the database that holds the state in their place. One platform at a time acts on it. */
  state?: string | null
  /** Who this is to other platforms on the same database. Default: process and host. */
  holder?: string
  /** How long to wait while another platform acts on the database; then UNAVAILABLE. Default: until one that was killed is surely known to be gone. */
  standbyMs?: number
  /** Another platform has taken the database over: nothing is written any more, and this one should end. */
  onDeposed?: (error: PlatformError) => void
  /** A cell on this host is ready for whoever comes first: a link may be opened ahead. */
  onSpareCell?: (cell: CellEndpoint) => void
  version: string
  objects: ObjectStore
  blobs: BlobStore
  refs: BlobRefs
  clock: Clock
  randomUUID: () => string
  log: ControlLog
  /** `<alias>.<base domain>` is a realm's own origin; the first is the one that is told to people. */
  baseDomains: string[]
  /** Origin under which people reach the gateway; asked anew each time, because the port may not be known yet. */
  publicUrl: () => string
  /** At least 32 bytes; capabilities are signed with it and secrets sealed with a key made from it. */
  capabilitySecret: Buffer
  signingKey: SigningKey
  /** `unix:<path>` of the store, to which cells on other hosts are led. Left out: they have none. */
  storeAddress?: string
  /** Who this control is to its agents, which pin the key. Default: made of the signing key. */
  identity?: Identity
  /** Name of this Zimki provider in its readings. */
  providerName: string
  price?: PriceList
  /** Null: machines are started by somebody else, and join with tokens of `control.machineToken`. */
  machines: MachineOptions | null
  /** The weakest border behind which code runs of accounts that are not marked trusted; default: `process`, which is any. */
  isolationFloor?: Isolation
  /** Whose realms may be reached at `/u/<key>/`; default: everyone's, where the realm's owner wants it. */
  pathForm?: 'all' | 'trusted'
  /** Who shares a cell; default: the realms of one account. */
  cordonOf?: (realm: { id: string; account: string }) => string
  /** The gateway's. */
  invoke: Invoke
  timings?: Partial<ControlTimings>
  /** Lines of log kept of a realm. */
  logLines?: number
}
