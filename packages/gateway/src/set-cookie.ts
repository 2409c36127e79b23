/** Where cookies of an answer may reach. */
export interface CookieScope {
  /** `/u/<key>` when the realm shares its origin, else empty. */
  readonly root: string
  readonly baseDomains: readonly string[]
}

/**
 * Keeps a cookie with the realm that sets it. On a shared origin it is held below the realm's root and has no domain; on an
 * own origin it may not name a domain that other realms live under.
 */
export function scopeCookie(cookie: string, scope: CookieScope): string {
  const [pair = '', ...attributes] = cookie.split(';')
  const kept = [pair.trim()]
  let path = `${scope.root}/`
  for (const attribute of attributes) {
    const equals = attribute.indexOf('=')
    const name = (equals === -1 ? attribute : attribute.slice(0, equals)).trim().toLowerCase()
    const value = equals === -1 ? '' : attribute.slice(equals + 1).trim()
    if (name === 'domain' && (scope.root !== '' || reachesOthers(value, scope.baseDomains))) continue
    if (name === 'path' && scope.root !== '') {
      if (isBelow(value, scope.root)) path = value
      continue
    }
    kept.push(attribute.trim())
  }
  if (scope.root !== '') kept.push(`Path=${path}`)
  return kept.join('; ')
}

/** Dots, backslashes and percent signs are left to no browser's reading. */
function isBelow(path: string, root: string): boolean {
  return path.startsWith(`${root}/`) && !/\.\.|[\\%]/.test(path)
}

function reachesOthers(domain: string, baseDomains: readonly string[]): boolean {
  const name = domain.toLowerCase().replace(/^\.+|\.+$/g, '')
  return baseDomains.some((base) => base === name || base.endsWith(`.${name}`))
}
