/** Shapes of the identifiers that people and other programs hand in. */

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const DNS_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
const CLASS_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/
const DIGEST = /^[0-9a-f]{64}$/

/** Aliases that would shadow an origin or a path of the platform's own. */
const RESERVED_ALIASES = new Set(['api', 'www', 'portal', 'admin', 'zimki', 'localhost', 'customer', 'u'])

/** A lower-case UUID, any version: API keys, realms, accounts, objects. */
export const isUuid = (text: string): boolean => UUID.test(text)

/** Realm names and aliases are DNS labels, because `<alias>.<base domain>` is the realm's own origin. */
export const isAlias = (text: string): boolean =>
  DNS_LABEL.test(text) && !RESERVED_ALIASES.has(text) && !isUuid(text)

/** A class is also a global of the program, so it is an identifier. `__proto__` and the like are refused. */
export const isClassName = (text: string): boolean =>
  CLASS_NAME.test(text) && !(text in Object.prototype) && text !== 'zimki' && text !== '__proto__'

/** SHA-256, lower-case hex. */
export const isDigest = (text: string): boolean => DIGEST.test(text)
