import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { PlatformError } from './errors.ts'
import { formatPasswordHash, PASSWORD_COST, parsePasswordHash } from './realm-user.ts'

// A door of its own, because what a realm's isolate gets of core has no node:crypto.

interface Cost {
  N: number
  r: number
  p: number
  maxmem: number
}

const derive = promisify<string, Buffer, number, Cost, Buffer>(scrypt)

/** Longer ones are refused before any work is done on them. */
const MAX_PASSWORD_CHARS = 1024

/** scrypt needs 128 * N * r bytes, and the default of its bound lies below what we accept. */
const cost = (n: number, r: number, p: number): Cost => ({ N: n, r, p, maxmem: 256 * n * r })

/**
 * A salted scrypt hash, `scrypt$N$r$p$salt$hash` with both last parts in base64url: what is stored as a user's `password`.
 * INVALID_ARGUMENT: not 1 to 1024 characters.
 */
export async function hashPassword(password: string): Promise<string> {
  if (password.length === 0 || password.length > MAX_PASSWORD_CHARS)
    throw new PlatformError('INVALID_ARGUMENT', `A password has 1 to ${MAX_PASSWORD_CHARS} characters`)
  const { n, r, p, saltBytes, hashBytes } = PASSWORD_COST
  const salt = randomBytes(saltBytes)
  const hash = await derive(password, salt, hashBytes, cost(n, r, p))
  return formatPasswordHash({ n, r, p, salt: salt.toString('base64url'), hash: hash.toString('base64url') })
}

/**
 * Whether this is the password that was hashed; the time it takes tells nothing about how near it came. False for anything that is
 * no such hash, and for a hash that would cost far more work than ours.
 */
export async function verifyPassword(password: string, stored: unknown): Promise<boolean> {
  const parsed = parsePasswordHash(stored)
  if (!parsed || password.length > MAX_PASSWORD_CHARS) return false
  const { n, r, p } = parsed
  const expected = Buffer.from(parsed.hash, 'base64url')
  if (expected.length === 0) return false
  const got = await derive(password, Buffer.from(parsed.salt, 'base64url'), expected.length, cost(n, r, p))
  return timingSafeEqual(got, expected)
}
