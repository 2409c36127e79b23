import { describe, expect, it } from '@jest/globals'
import { type Capability, signCapability, verifyCapability } from './capability.ts'

const SECRET = Buffer.alloc(32, 1)
const CAPABILITY: Capability = {
  realm: 'r',
  deployment: 'd',
  key: 'k',
  expiresAtMs: 1_000,
  role: 'cell',
  epoch: 3,
}

describe('capability', () => {
  it('brings back what was signed, until it expires', () => {
    const token = signCapability(CAPABILITY, SECRET)
    expect(verifyCapability(token, SECRET, 999)).toEqual(CAPABILITY)
    expect(() => verifyCapability(token, SECRET, 1_000)).toThrow(
      expect.objectContaining({ code: 'UNAUTHENTICATED' }),
    )
  })

  it('is refused with any character changed, left out or added, and by another secret', () => {
    const token = signCapability(CAPABILITY, SECRET)
    const forged = [...token].flatMap((char, at) => [
      token.slice(0, at) + (char === 'A' ? 'B' : 'A') + token.slice(at + 1),
      token.slice(0, at) + token.slice(at + 1),
    ])
    const richer = Buffer.from(JSON.stringify({ ...CAPABILITY, role: 'control', realm: '*' })).toString(
      'base64url',
    )
    forged.push(
      `${richer}.${token.split('.')[1]}`,
      `${token}A`,
      `${token}=`,
      `${token}.`,
      `.${token}`,
      '',
      '.',
      'null',
    )
    for (const bad of [...forged, null, {}, 'x'.repeat(5_000)]) {
      expect(() => verifyCapability(bad as string, SECRET, 0)).toThrow(
        expect.objectContaining({ code: 'UNAUTHENTICATED' }),
      )
    }
    expect(() => verifyCapability(token, Buffer.alloc(32, 2), 0)).toThrow(
      expect.objectContaining({ code: 'UNAUTHENTICATED' }),
    )
  })

  it.each([
    [{ ...CAPABILITY, realm: '*' }, SECRET],
    [{ ...CAPABILITY, realm: '' }, SECRET],
    [{ ...CAPABILITY, epoch: 0 }, SECRET],
    [{ ...CAPABILITY, role: 'root' as 'cell' }, SECRET],
    [CAPABILITY, Buffer.alloc(31)],
  ])('is not made of %j', (capability, secret) => {
    expect(() => signCapability(capability, secret)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    )
  })
})
