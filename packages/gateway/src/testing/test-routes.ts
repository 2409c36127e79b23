import { DEFAULT_LIMITS, type RealmLimits } from '@openzimki/core'
import {
  buildRouteSnapshot,
  type RouteKey,
  type RouteRealm,
  type RouteSnapshot,
  type RouteSource,
} from '@openzimki/placement'

/** Ids that tests can tell apart: `uuid(1)` ... */
export const uuid = (number: number): string =>
  `${String(number).padStart(8, '0')}-0000-4000-8000-000000000000`

export const ACCOUNT = uuid(900)

export function realmRoute(
  id: string,
  changes: Partial<Omit<RouteRealm, 'limits'>> & { limits?: Partial<RealmLimits> } = {},
): RouteRealm {
  return {
    id,
    account: ACCOUNT,
    deployment: 'd'.repeat(64),
    kind: 'script',
    state: 'live',
    reason: null,
    pathForm: true,
    cells: [],
    ...changes,
    limits: { ...DEFAULT_LIMITS, ...changes.limits },
  }
}

/** Routes in the hands of a test: what it sets is published at once. */
export class TestRoutes implements RouteSource {
  /** Realms that were demanded, in order. */
  readonly demanded: string[] = []
  /** What a demand does; by default it finds what is there. */
  onDemand: (realm: string) => Promise<void> = async () => undefined
  readonly #listeners = new Set<(snapshot: RouteSnapshot) => void>()
  readonly #realms = new Map<string, RouteRealm>()
  readonly #keys = new Map<string, RouteKey>()
  readonly #domains = new Map<string, string>()
  readonly #baseDomains: string[]
  #snapshot: RouteSnapshot

  constructor(baseDomains = ['localhost', 'apps.example.com']) {
    this.#baseDomains = baseDomains
    this.#snapshot = this.#build(0)
  }

  get listeners(): number {
    return this.#listeners.size
  }

  current(): RouteSnapshot {
    return this.#snapshot
  }

  subscribe(onChange: (snapshot: RouteSnapshot) => void): () => void {
    this.#listeners.add(onChange)
    return () => this.#listeners.delete(onChange)
  }

  demand(realm: string): Promise<void> {
    this.demanded.push(realm)
    return this.onDemand(realm)
  }

  set(realm: RouteRealm, keys: Partial<RouteKey>[] = [], domains: Record<string, string> = {}): void {
    this.#realms.set(realm.id, realm)
    for (const key of keys) {
      const whole = { id: uuid(100 + this.#keys.size), alias: null, realm: realm.id, debug: false, ...key }
      this.#keys.set(whole.id, whole)
    }
    for (const [host, key] of Object.entries(domains)) this.#domains.set(host, key)
    this.#publish()
  }

  revoke(key: string): void {
    this.#keys.delete(key)
    for (const [host, bound] of this.#domains) if (bound === key) this.#domains.delete(host)
    this.#publish()
  }

  #publish(): void {
    this.#snapshot = this.#build(this.#snapshot.version + 1)
    for (const listener of this.#listeners) listener(this.#snapshot)
  }

  #build(version: number): RouteSnapshot {
    return buildRouteSnapshot({
      version,
      baseDomains: this.#baseDomains,
      keys: this.#keys.values(),
      domains: this.#domains,
      realms: this.#realms.values(),
    })
  }
}
