import { namedId } from './named-id.ts'

/** Users and groups of a realm are objects of these classes in its own store, so that they move with the realm. */
export const REALM_USER_CLASS = 'zimki_user'
export const REALM_GROUP_CLASS = 'zimki_group'

/** Work factors with which new passwords are hashed (scrypt). */
export const PASSWORD_COST = { n: 16_384, r: 8, p: 1, saltBytes: 16, hashBytes: 32 } as const

/** A stored password, taken apart. Salt and hash are base64url. */
export interface PasswordHash {
  n: number
  r: number
  p: number
  salt: string
  hash: string
}

/** `scrypt$N$r$p$salt$hash`: what is stored as a user's `password`. */
export const formatPasswordHash = ({ n, r, p, salt, hash }: PasswordHash): string =>
  `scrypt$${n}$${r}$${p}$${salt}$${hash}`

const STORED = /^scrypt\$(\d{1,7})\$(\d{1,2})\$(\d{1,2})\$([\w-]{1,128})\$([\w-]{1,128})$/

/** The inverse; null for anything else, and for work factors that scrypt does not have or that cost more than 4 times the usual. */
export function parsePasswordHash(text: unknown): PasswordHash | null {
  const match = typeof text === 'string' ? STORED.exec(text) : null
  if (!match) return null
  const [, n, r, p, salt = '', hash = ''] = match
  const parsed = { n: Number(n), r: Number(r), p: Number(p), salt, hash }
  const work = parsed.n * parsed.r * parsed.p
  const isPowerOfTwo = parsed.n > 1 && (parsed.n & (parsed.n - 1)) === 0
  return isPowerOfTwo && work > 0 && work <= 4 * PASSWORD_COST.n * PASSWORD_COST.r * PASSWORD_COST.p
    ? parsed
    : null
}

/**
 * The id of a user follows from the name, so that two users of one name cannot both be stored. `sha256Hex` gives the
 * digest of a text's UTF-8 as lower-case hex; it is handed in because this also runs where node:crypto does not.
 */
export const realmUserId = (username: string, sha256Hex: (text: string) => string): string =>
  namedId(sha256Hex(`${REALM_USER_CLASS}:${username}`))

/** The same for a group. */
export const realmGroupId = (name: string, sha256Hex: (text: string) => string): string =>
  namedId(sha256Hex(`${REALM_GROUP_CLASS}:${name}`))
