import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import {
  formatIdentity,
  generateIdentity,
  isPublicKey,
  isSignedBy,
  parseIdentity,
  publicKeyText,
} from './identity.ts'
import { selfSignedCertificate } from './self-signed-certificate.ts'

describe('an identity', () => {
  it('signs what others can verify, and comes back from its file', () => {
    const identity = generateIdentity()
    const again = parseIdentity(formatIdentity(identity))
    expect(again.publicKey).toBe(identity.publicKey)
    expect(isSignedBy(identity.publicKey, 'text', again.sign('text'))).toBe(true)
    expect(isSignedBy(identity.publicKey, 'texts', again.sign('text'))).toBe(false)
    expect(isSignedBy(generateIdentity().publicKey, 'text', again.sign('text'))).toBe(false)
  })

  it('is an Ed25519 key and nothing else', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    expect(() => parseIdentity(pem)).toThrow('not ec')
    expect(() => parseIdentity('secret nonsense')).toThrow(/^((?!secret).)*$/)
    expect(isPublicKey(publicKeyText(publicKey))).toBe(false)
  })

  it.each(['', 'x', `${generateIdentity().publicKey}=`, 'A'.repeat(1_000_000)])(
    'takes no second spelling of a key, nor nonsense (%#)',
    (text) => {
      expect(isPublicKey(text)).toBe(false)
      expect(isSignedBy(text, 'text', 'signature')).toBe(false)
    },
  )

  it('believes no signature that is malformed', () => {
    const { publicKey } = generateIdentity()
    for (const signature of ['', 'x', 'A'.repeat(86), 'A'.repeat(1_000_000)])
      expect(isSignedBy(publicKey, 'text', signature)).toBe(false)
  })

  it('has one certificate, which is signed by itself and shows its key', () => {
    const identity = generateIdentity()
    const pem = selfSignedCertificate(identity)
    const certificate = new X509Certificate(pem)
    expect(selfSignedCertificate(identity)).toBe(pem)
    expect(certificate.verify(certificate.publicKey)).toBe(true)
    expect(publicKeyText(certificate.publicKey)).toBe(identity.publicKey)
    expect(certificate.validTo).toContain('9999')
  })
})
