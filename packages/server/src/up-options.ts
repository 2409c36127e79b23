import type { ControlTimings } from '@openzimki/control'
import type { MeterMode, PlatformError } from '@openzimki/core'

/** What `zimki up` takes. */
export interface UpOptions {
  host: string
  /** 0: any free one. */
  port: number
  /** Folder of the installation. */
  data: string
  /** Where blobs are: `s3://bucket/prefix?...`; null: in the data folder. */
  blobs: string | null
  /** `postgres://` URL of the database that holds the state; null: SQLite files in `data`. */
  state: string | null
  /** How long to wait while another platform acts on that database; Infinity stands by. */
  standbyMs?: number
  /** Another platform has taken that database over: this one is to end. */
  onDeposed?: (error: PlatformError) => void
  baseDomains: string[]
  /** Origin under which people reach the gateway; default: this host's. */
  publicUrl?: string
  /** Of this Zimki provider, in its readings. */
  name: string
  /** CIDRs or host:port that outbound calls may reach although they are private, separated by commas. */
  egressAllow: string
  /** Proxies in front of the gateway whose word about the client is taken: addresses, CIDRs, `loopback`. */
  trustedProxies: string[]
  /** The weakest border behind which code runs of accounts that are not marked trusted; `process`: any. */
  isolationFloor: 'process' | 'container' | 'vm'
  /** Whose realms answer at `/u/<key>/` too. */
  pathForm: 'all' | 'trusted'
  /** Users of this system that cells run as, where the platform is root; the first is the group of all. Null: as the platform's own user. */
  cellUsers: { first: number; last: number } | null
  meter: MeterMode
  spareCells: number
  /** Adapter that makes machines: a package's name, its short name, or a folder. */
  provider: string
  /** What that adapter is told; it checks it itself. */
  providerConfig: unknown
  /** `<host>:<port>` under which machines that do not share this host's sockets reach the platform; port 0: any free one. */
  agentsAddress?: string
  /** `<host>:<port>` to listen on for them; default: `agentsAddress`. */
  agentsListen?: string
  /** In place of one machine of `provider`: pools as `parsePools` takes them, unchecked. Null: none. */
  pools: unknown
  /** For tests that cannot wait: how often control looks, and over how long agents average. */
  tempo?: { timings: Partial<ControlTimings>; smoothMs: number }
}
