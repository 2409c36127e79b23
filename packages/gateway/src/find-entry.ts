import { isAlias } from '@openzimki/core'
import type { RouteKey, RouteRealm, RouteSnapshot } from '@openzimki/placement'

/** Where a request goes. */
export type Found =
  | { kind: 'realm'; entry: Entry }
  /** `/u/<key>` without its slash. */
  | { kind: 'redirect'; location: string }
  /** Not a realm's: reserved, or the fallback. */
  | { kind: 'platform' }
  /** It would be a realm's, but there is none. */
  | { kind: 'missing' }

/** A realm's entry point, and what is asked of it. */
export interface Entry {
  key: RouteKey
  realm: RouteRealm
  /** `/u/<what the client wrote>`, or empty on the realm's own origin. */
  root: string
  /** Below the entry point, percent-encoded, with its slash. */
  path: string
  /** With its `?`, or empty. */
  query: string
  /** Domains that realms live under. */
  baseDomains: readonly string[]
}

const MISSING: Found = { kind: 'missing' }
const PLATFORM: Found = { kind: 'platform' }

/** Finds the entry point for a host name (see hostName) and the path and query of a request, both as the client sent them. */
export function findEntry(routes: RouteSnapshot, host: string, path: string, query: string): Found {
  const own = ownKey(routes, host)
  if (own === 'none') return MISSING
  if (own !== null) return onOwnOrigin(routes, own, path, query)
  if (path.startsWith('/u/')) return pathForm(routes, path, query)
  const key = path === '/zimki' ? keyOfService(routes, query) : null
  if (key === null) return PLATFORM
  return key === 'none' ? MISSING : shared(routes, key.key, `/u/${key.text}`, path, query)
}

/** The key of the realm whose own origin this host is; `none`: it could only be a realm's, and is not. Null: the platform's. */
function ownKey(routes: RouteSnapshot, host: string): RouteKey | 'none' | null {
  const bound = routes.domains.get(host)
  if (bound !== undefined) return routes.keys.get(bound) ?? 'none'
  for (const base of routes.baseDomains) {
    const labelEnd = host.length - base.length - 1
    if (labelEnd <= 0 || host[labelEnd] !== '.' || !host.endsWith(base)) continue
    const label = host.slice(0, labelEnd)
    const key = routes.keys.get(label)
    if (key !== undefined && key.alias === label) return key
    if (isAlias(label)) return 'none'
  }
  return null
}

/** A service call may name another key of the same realm; the key of another realm must not answer on this origin. */
function onOwnOrigin(routes: RouteSnapshot, own: RouteKey, path: string, query: string): Found {
  const named = path === '/zimki' ? keyOfService(routes, query) : null
  if (named === 'none' || (named !== null && named.key.realm !== own.realm)) return MISSING
  const key = named?.key ?? own
  const realm = routes.realms.get(key.realm)
  return realm === undefined
    ? MISSING
    : { kind: 'realm', entry: { key, realm, root: '', path, query, baseDomains: routes.baseDomains } }
}

function pathForm(routes: RouteSnapshot, path: string, query: string): Found {
  const slash = path.indexOf('/', 3)
  const text = slash === -1 ? path.slice(3) : path.slice(3, slash)
  const key = lookUp(routes, text)
  if (key === undefined) return MISSING
  if (slash === -1) {
    const allowed = routes.realms.get(key.realm)?.pathForm === true
    return allowed ? { kind: 'redirect', location: `${path}/${query}` } : MISSING
  }
  return shared(routes, key, path.slice(0, slash), path.slice(slash), query)
}

/** On an origin that realms share, where the realm's owner and the operator allow it. */
function shared(routes: RouteSnapshot, key: RouteKey, root: string, path: string, query: string): Found {
  const realm = routes.realms.get(key.realm)
  if (realm?.pathForm !== true) return MISSING
  return { kind: 'realm', entry: { key, realm, root, path, query, baseDomains: routes.baseDomains } }
}

/** The key in `?api_key=`; null when none is named. */
function keyOfService(routes: RouteSnapshot, query: string): { key: RouteKey; text: string } | 'none' | null {
  const text = new URLSearchParams(query).get('api_key')
  if (text === null) return null
  const key = lookUp(routes, text)
  return key === undefined ? 'none' : { key, text: text === key.alias ? text : key.id }
}

function lookUp(routes: RouteSnapshot, text: string): RouteKey | undefined {
  return routes.keys.get(text) ?? (text.length === 36 ? routes.keys.get(text.toLowerCase()) : undefined)
}
