import { createPublicKey, type KeyObject, sign } from 'node:crypto'
import { canonicalJson } from '@openzimki/core'
import { type Reading, readingHash } from './reading.ts'
import { keyId, parsePrivateKey } from './signing-key.ts'

/** A reading with the proof that its provider stands by it. One line of a readings file. */
export interface SignedReading {
  reading: Reading
  /** SHA-256 of the reading's canonical JSON, lower-case hex. */
  hash: string
  /** SHA-256 of the public key that verifies it. */
  keyId: string
  /** Ed25519 over `signedBytes(hash)`, base64url. */
  signature: string
}

/** Signs a reading with a private key (PEM, or parsed already when many are signed). INVALID_ARGUMENT for another kind of key. */
export function signReading(reading: Reading, privateKey: string | KeyObject): SignedReading {
  const key = typeof privateKey === 'string' ? parsePrivateKey(privateKey) : privateKey
  const hash = readingHash(reading)
  return {
    reading,
    hash,
    keyId: keyId(createPublicKey(key)),
    signature: sign(null, signedBytes(hash), key).toString('base64url'),
  }
}

/** One line of a readings file (JSON Lines), without its line end. Canonical, so equal readings are equal bytes. */
export function readingLine(signed: SignedReading): string {
  return canonicalJson(signed)
}

/** What the signature covers. The prefix keeps it from meaning anything in another protocol that uses the same key. */
export function signedBytes(hash: string): Buffer {
  return Buffer.from(`openzimki reading 1\n${hash}`)
}
