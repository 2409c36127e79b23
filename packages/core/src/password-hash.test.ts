import { describe, expect, it } from '@jest/globals'
import { hashPassword, verifyPassword } from './password-hash.ts'

/** Made by the first release: whatever is changed here, those users still log in. */
const STORED = 'scrypt$16384$8$1$c2FsdHNhbHRzYWx0c2FsdA$DMh0-XiOu7w4cal0kk7CBe8l5GwZ1_aSlk2rPGmdC0g'

describe('a password', () => {
  it('is verified against its own hash alone', async () => {
    const stored = await hashPassword('open sesame')
    expect(stored).toMatch(/^scrypt\$16384\$8\$1\$[\w-]{22}\$[\w-]{43}$/)
    expect(await verifyPassword('open sesame', stored)).toBe(true)
    expect(await verifyPassword('Open sesame', stored)).toBe(false)
    expect(await hashPassword('open sesame')).not.toBe(stored)
  })

  it('that was stored long ago still lets its user in', async () => {
    expect(await verifyPassword('kept', STORED)).toBe(true)
  })

  it('is refused when empty or endless, before any work', async () => {
    for (const password of ['', 'x'.repeat(1025)])
      await expect(hashPassword(password)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(await verifyPassword('x'.repeat(1025), STORED)).toBe(false)
  })

  it('may have been hashed with four times the work', async () => {
    const strong = 'scrypt$65536$8$1$c2FsdA$c2FsdA'
    expect(await verifyPassword('x', strong)).toBe(false)
  })

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['the password itself', 'kept'],
    ['a hash of nothing', 'scrypt$16384$8$1$c2FsdA$-'],
    ['a hash that would take the whole memory', 'scrypt$1048576$16$1$c2FsdA$c2FsdA'],
    ['a work factor that scrypt does not have', 'scrypt$3$8$1$c2FsdA$c2FsdA'],
    ['an object', { toString: (): string => STORED }],
  ])('is never the one of %s', async (_, stored) => {
    expect(await verifyPassword('kept', stored)).toBe(false)
  })
})
