import { PlatformError } from '@openzimki/core'
import type { RouteKey, RouteRealm, RouteSnapshot } from './route-table.ts'

export interface RouteInput {
  version: number
  baseDomains: readonly string[]
  keys: Iterable<RouteKey>
  /** Custom host name to key UUID. */
  domains: Iterable<readonly [host: string, key: string]>
  realms: Iterable<RouteRealm>
}

/**
 * Makes a snapshot whose maps can be trusted: host names and aliases in lower case, every key with its realm, every domain
 * with its key, no name twice. Throws CONFLICT for a name that two claim and INVALID_ARGUMENT for one that leads nowhere;
 * whoever publishes then keeps the snapshot before it, so that nothing goes down for one bad row.
 */
export function buildRouteSnapshot(input: RouteInput): RouteSnapshot {
  const realms = new Map<string, RouteRealm>()
  for (const realm of input.realms) put(realms, realm.id, realm, 'realm')
  const keys = new Map<string, RouteKey>()
  for (const key of input.keys) {
    if (!realms.has(key.realm)) throw leadsNowhere('key', key.id, `realm ${key.realm}`)
    put(keys, key.id, key, 'key')
    if (key.alias !== null) put(keys, key.alias.toLowerCase(), key, 'alias')
  }
  const domains = new Map<string, string>()
  for (const [host, key] of input.domains) {
    if (!keys.has(key)) throw leadsNowhere('domain', host, `key ${key}`)
    put(domains, host.toLowerCase(), key, 'domain')
  }
  const baseDomains = input.baseDomains.map((domain) => domain.toLowerCase())
  return Object.freeze({ version: input.version, baseDomains, keys, domains, realms })
}

function put<V>(map: Map<string, V>, name: string, value: V, what: string): void {
  if (map.has(name)) {
    throw new PlatformError(
      'CONFLICT',
      `Two routes claim the ${what} ${name}; a name can lead to one place only.`,
    )
  }
  map.set(name, value)
}

function leadsNowhere(what: string, name: string, target: string): PlatformError {
  return new PlatformError(
    'INVALID_ARGUMENT',
    `The ${what} ${name} leads to ${target}, which does not exist.`,
  )
}
