import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { formatPasswordHash, PASSWORD_COST, parsePasswordHash } from '@openzimki/core'

const derive = promisify<string, Buffer, number, { N: number; r: number; p: number }, Buffer>(scrypt)

/** A salted hash of a password, in the form that is stored with a realm's user. */
export async function hashPassword(password: string): Promise<string> {
  const { n, r, p, saltBytes, hashBytes } = PASSWORD_COST
  const salt = randomBytes(saltBytes)
  const hash = await derive(password, salt, hashBytes, { N: n, r, p })
  return formatPasswordHash({ n, r, p, salt: salt.toString('base64url'), hash: hash.toString('base64url') })
}

/** Whether the password is the one that was hashed. False for anything that is no such hash. */
export async function verifyPassword(password: string, stored: unknown): Promise<boolean> {
  const parsed = parsePasswordHash(stored)
  if (!parsed) return false
  const expected = Buffer.from(parsed.hash, 'base64url')
  const { n, r, p } = parsed
  const got = await derive(password, Buffer.from(parsed.salt, 'base64url'), expected.length, { N: n, r, p })
  return expected.length > 0 && timingSafeEqual(got, expected)
}
