import { createHash } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { isUuid } from './names.ts'
import { formatPasswordHash, parsePasswordHash, realmGroupId, realmUserId } from './realm-user.ts'

const sha256Hex = (text: string) => createHash('sha256').update(text).digest('hex')
const hash = { n: 16_384, r: 8, p: 1, salt: 'c2FsdA', hash: 'aGFzaA' }

describe('a password hash', () => {
  it('comes back as it was', () => {
    expect(parsePasswordHash(formatPasswordHash(hash))).toEqual(hash)
  })
  it.each([
    ['no text', 5],
    ['a plain password', 'secret'],
    ['another scheme', 'bcrypt$1$1$1$a$b'],
    ['no work', 'scrypt$0$8$1$a$b'],
    ['work that would block the machine', 'scrypt$1048576$8$1$a$b'],
    ['a work factor that scrypt does not have', 'scrypt$10000$8$1$a$b'],
    ['a part too many', 'scrypt$16384$8$1$a$b$c'],
  ])('is not %s', (_, text) => {
    expect(parsePasswordHash(text)).toBeNull()
  })
})

describe('the id of a realm user', () => {
  it('is a UUID that follows from the name alone', () => {
    expect(realmUserId('ann', sha256Hex)).toBe(realmUserId('ann', sha256Hex))
    expect(isUuid(realmUserId('ann', sha256Hex))).toBe(true)
    expect(realmUserId('ann', sha256Hex)).not.toBe(realmUserId('Ann', sha256Hex))
    expect(realmUserId('ann', sha256Hex)).not.toBe(realmGroupId('ann', sha256Hex))
  })
})
