import type { CellEndpoint, RouteKey, RouteRealm, RouteSnapshot } from '@openzimki/placement'
import { ANYWHERE, type RunsIn } from './runs-in.ts'
import { ShardedMap } from './sharded-map.ts'

/** All that the routes say of one realm, without its cells. */
export interface RealmRoutes {
  realm: Omit<RouteRealm, 'cells'>
  keys: RouteKey[]
  domains: { host: string; key: string }[]
  /** Left out: anywhere. */
  runsIn?: RunsIn
}

/**
 * Holds the current snapshot and makes the next: changes gather during a turn of the event loop and leave as one.
 * It also remembers which cells hold which deployment, whether live or not, so that a switch finds them at once.
 */
export class RoutePublisher {
  readonly #listeners = new Set<(snapshot: RouteSnapshot) => void>()
  readonly #known = new Map<string, RealmRoutes>()
  readonly #endpoints = new Map<string, Map<string, CellEndpoint>>()
  readonly #changedRealms = new Map<string, RouteRealm | undefined>()
  readonly #changedKeys = new Map<string, RouteKey | undefined>()
  readonly #changedDomains = new Map<string, string | undefined>()
  #snapshot: RouteSnapshot & {
    realms: ShardedMap<RouteRealm>
    keys: ShardedMap<RouteKey>
    domains: ShardedMap<string>
  }
  #scheduled: NodeJS.Immediate | null = null

  constructor(baseDomains: string[]) {
    this.#snapshot = {
      version: 0,
      baseDomains,
      keys: new ShardedMap(),
      domains: new ShardedMap(),
      realms: new ShardedMap(),
    }
  }

  /** Always up to date: what is still gathered is published first. */
  current(): RouteSnapshot {
    this.flush()
    return this.#snapshot
  }

  subscribe(onChange: (snapshot: RouteSnapshot) => void): () => void {
    this.#listeners.add(onChange)
    return () => this.#listeners.delete(onChange)
  }

  /** Replaces all that was known of the realm. */
  setRealm(routes: RealmRoutes): void {
    const { id } = routes.realm
    this.#forgetEntries(this.#known.get(id))
    this.#known.set(id, routes)
    for (const key of routes.keys) {
      this.#changedKeys.set(key.id, key)
      if (key.alias !== null) this.#changedKeys.set(key.alias, key)
    }
    for (const { host, key } of routes.domains) this.#changedDomains.set(host, key)
    this.#touch(id)
  }

  removeRealm(id: string): void {
    this.#forgetEntries(this.#known.get(id))
    this.#known.delete(id)
    this.#changedRealms.set(id, undefined)
    this.#schedule()
  }

  /** The live deployment, or null; undefined for a realm that is not known. */
  realm(id: string): RealmRoutes['realm'] | undefined {
    return this.#known.get(id)?.realm
  }

  /** Where it may run. */
  runsIn(id: string): RunsIn {
    return this.#known.get(id)?.runsIn ?? ANYWHERE
  }

  addCell(realm: string, deployment: string, endpoint: CellEndpoint): void {
    const key = loadKey(realm, deployment)
    const cells = this.#endpoints.get(key) ?? new Map<string, CellEndpoint>()
    this.#endpoints.set(key, cells.set(endpoint.id, endpoint))
    this.#touch(realm)
  }

  removeCell(realm: string, deployment: string, cell: string): void {
    const key = loadKey(realm, deployment)
    const cells = this.#endpoints.get(key)
    if (!cells?.delete(cell)) return
    if (cells.size === 0) this.#endpoints.delete(key)
    this.#touch(realm)
  }

  /** Publishes what has gathered, now. */
  flush(): void {
    if (this.#scheduled === null) return
    clearImmediate(this.#scheduled)
    this.#scheduled = null
    this.#snapshot = {
      version: this.#snapshot.version + 1,
      baseDomains: this.#snapshot.baseDomains,
      keys: applied(this.#snapshot.keys, this.#changedKeys),
      domains: applied(this.#snapshot.domains, this.#changedDomains),
      realms: applied(this.#snapshot.realms, this.#changedRealms),
    }
    for (const listener of this.#listeners) listener(this.#snapshot)
  }

  /** Nothing is published any more. */
  close(): void {
    if (this.#scheduled !== null) clearImmediate(this.#scheduled)
    this.#listeners.clear()
  }

  #forgetEntries(before: RealmRoutes | undefined): void {
    for (const key of before?.keys ?? []) {
      this.#changedKeys.set(key.id, undefined)
      if (key.alias !== null) this.#changedKeys.set(key.alias, undefined)
    }
    for (const { host } of before?.domains ?? []) this.#changedDomains.set(host, undefined)
  }

  #touch(id: string): void {
    const realm = this.#known.get(id)?.realm
    if (!realm) return
    const cells = realm.deployment === null ? undefined : this.#endpoints.get(loadKey(id, realm.deployment))
    this.#changedRealms.set(id, { ...realm, cells: cells ? [...cells.values()] : [] })
    this.#schedule()
  }

  #schedule(): void {
    this.#scheduled ??= setImmediate(() => this.flush())
  }
}

/** Names a deployment in a realm; the same bytes deployed to two realms are two loads. */
export const loadKey = (realm: string, deployment: string): string => `${realm} ${deployment}`

function applied<V>(map: ShardedMap<V>, changes: Map<string, V | undefined>): ShardedMap<V> {
  if (changes.size === 0) return map
  const next = map.with(changes)
  changes.clear()
  return next
}
