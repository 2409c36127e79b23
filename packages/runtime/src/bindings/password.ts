import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { PlatformError } from '@openzimki/core'

const derive = promisify<string, Buffer, number, { N: number; r: number; p: number }, Buffer>(scrypt)
const COST = { N: 16384, r: 8, p: 1 }
const KEY_BYTES = 32
const MAX_PASSWORD_CHARS = 1024

/** `scrypt$N$r$p$salt$hash`, both parts base64url; the form that control writes too. */
export async function hashPassword(password: string): Promise<string> {
  if (password.length === 0 || password.length > MAX_PASSWORD_CHARS)
    throw new PlatformError('INVALID_ARGUMENT', `a password has 1 to ${MAX_PASSWORD_CHARS} characters`)
  const salt = randomBytes(16)
  const hash = await derive(password, salt, KEY_BYTES, COST)
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64url'), hash.toString('base64url')].join('$')
}

/** Constant time in the password; false for anything that is not such a hash. */
export async function verifyPassword(password: string, stored: unknown): Promise<boolean> {
  const [scheme, n, r, p, salt, hash] = String(stored).split('$')
  if (scheme !== 'scrypt' || !salt || !hash || password.length > MAX_PASSWORD_CHARS) return false
  const cost = { N: Number(n), r: Number(r), p: Number(p) }
  if (cost.N > 65536 || cost.r > 16 || cost.p > 4) return false
  const expected = Buffer.from(hash, 'base64url')
  const got = await derive(password, Buffer.from(salt, 'base64url'), expected.length, cost)
  return expected.length > 0 && timingSafeEqual(got, expected)
}
