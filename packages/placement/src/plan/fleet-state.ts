/** The border between two machines, weakest first. */
export const ISOLATIONS = ['process', 'container', 'vm'] as const
export type Isolation = (typeof ISOLATIONS)[number]

/** All that `plan` goes by. Whoever asks has looked at the clock and at the providers; nothing here does. */
export interface FleetState {
  /** In order of preference: own hardware first, then what it overflows into. */
  pools: readonly PoolState[]
  /** All that exist, also those that are dead and not yet destroyed. */
  machines: readonly MachineState[]
  realms: readonly RealmState[]
  /**
   * The machines where an account has realms, by id. An index that is kept while realms come and go (`homesIn` makes one): to look for it in
   * a million realms would cost a round as much as everything else.
   */
  homesOf(account: string): Iterable<string>
}

/** Machines of one size from one provider. */
export interface PoolState {
  name: string
  /** Pools of one group are as good as each other: see `growth-order.ts` for which of them grows. Null: it stands alone. */
  group: string | null
  /** Whatever fails together; null: the provider chooses, machine by machine. */
  zone: string | null
  isolation: Isolation
  /** Machines that take work are never fewer, as far as its provider obeys. */
  floor: number
  /** Nor more; while one is replaced there may be one more. */
  ceiling: number
  /** Machines kept ready beyond those that have realms. */
  spares: number
  /**
   * Machines kept prepared: installed, and not running. What is needed is started from these first. They take no work, and count towards neither
   * floor nor ceiling.
   */
  prepared: number
  /** What a new machine is expected to have. */
  memoryBytes: number
  cpus: number
  /** Of a machine's hour now; null: own hardware. */
  price: number | null
  /** Above it nothing is launched. */
  priceCeiling: number | null
  /** Why nothing is launched for now, in words: its provider fails. */
  backoff: string | null
}

export interface MachineState {
  id: string
  pool: string
  /**
   * `preparing`: it is being installed, not to run yet. `prepared`: it can be started. `starting`: its agent has still time to join. `ready`:
   * takes work. `leaving`: works, and gets nothing new. `lost`: its agent is gone for good or never came, or its preparation failed.
   */
  state: 'preparing' | 'prepared' | 'starting' | 'ready' | 'leaving' | 'lost'
  /** Of one that leaves or is lost: why, in words. */
  reason: string | null
  /** Why a newer one should take its place, in words; it works and is trusted. */
  outdated: string | null
  /** It leaves and cannot be waited for any longer. */
  forced: boolean
  /** What runs on it is known: its agent has said so since it joined, or none ever did. */
  isKnown: boolean
  memoryBytes: number
  cpus: number
  /** Milliseconds without a realm. */
  emptyMs: number
}

export interface RealmState {
  realm: string
  /** Realms of one account are kept together. */
  account: string
  /** The only pool that it may run in; null: any. */
  pool: string | null
  /** The weakest border that it may run behind; null: any. */
  isolation: Isolation | null
  /** The weakest border that the operator takes its account behind; null: any. Below it, it does not run, whatever else is lacking. */
  floor: Isolation | null
  loads: readonly RealmLoad[]
  /** Somebody asks for it, or did a short while ago. */
  wanted: boolean
  /** Of one load: as it was measured, or as is to be expected. */
  memoryBytes: number
  /** Cores that all its loads keep busy together. */
  cpus: number
  /** How long its requests wait for their turn, smoothed, milliseconds. */
  waitMs: number
  /** How much it has to do: so many loads would have all their places taken by it. */
  work: number
  /** The work that it had when it was last given one load more because its requests waited; null: it never was. */
  outgrown: number | null
}

export interface RealmLoad {
  machine: string
  /** It is in the routes. False: still loading, or already on its way out. */
  serving: boolean
}

/** Whether any pool will do. */
export const runsAnywhere = ({ pool, isolation, floor }: RealmState): boolean =>
  pool === null && isolation === null && floor === null

/** Whether the pool is one that the realm may run in. */
export function mayRunIn(
  realm: Pick<RealmState, 'pool' | 'isolation' | 'floor'>,
  pool: Pick<PoolState, 'name' | 'isolation'>,
): boolean {
  if (realm.pool !== null && realm.pool !== pool.name) return false
  return isBehind(realm.isolation, pool) && isBehind(realm.floor, pool)
}

/** Whether the border of the pool is at least this one. */
export function isBehind(border: Isolation | null, { isolation }: Pick<PoolState, 'isolation'>): boolean {
  return border === null || ISOLATIONS.indexOf(isolation) >= ISOLATIONS.indexOf(border)
}
