import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'
import { PlatformError } from '@openzimki/core'

/**
 * Who one end of a link is: an Ed25519 key pair. The public half names it, as base64url of its DER form (SPKI), and is what the other
 * end pins.
 */
export interface Identity {
  readonly publicKey: string
  readonly privateKey: KeyObject
  /** A signature of the UTF-8 text, base64url. */
  sign(text: string): string
}

/** Longer than any key or signature in base64url. */
const MAX_TEXT_LENGTH = 200

/** A new one, from the system's randomness. */
export function generateIdentity(): Identity {
  return identityOf(generateKeyPairSync('ed25519').privateKey)
}

/** INVALID_ARGUMENT when it is no Ed25519 key; the text never gets into the message. */
export function parseIdentity(privateKeyPem: string): Identity {
  let key: KeyObject
  try {
    key = createPrivateKey(privateKeyPem)
  } catch {
    // The cause may quote the key.
    throw new PlatformError('INVALID_ARGUMENT', 'this is no private key in PEM form')
  }
  if (key.asymmetricKeyType === 'ed25519') return identityOf(key)
  throw new PlatformError('INVALID_ARGUMENT', `an identity is an Ed25519 key, not ${key.asymmetricKeyType}`)
}

/** For a file that nobody else may read. */
export function formatIdentity({ privateKey }: Identity): string {
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** Whether the text is the public half of some identity, in the one form that names it. */
export function isPublicKey(text: string): boolean {
  return parsePublicKey(text) !== null
}

/** Whether who has the public key's other half signed the text. False for whatever is malformed. */
export function isSignedBy(publicKey: string, text: string, signature: string): boolean {
  const key = parsePublicKey(publicKey)
  if (key === null || signature.length > MAX_TEXT_LENGTH) return false
  return verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64url'))
}

/** The name of a public key. */
export const publicKeyText = (key: KeyObject): string =>
  key.export({ type: 'spki', format: 'der' }).toString('base64url')

function identityOf(privateKey: KeyObject): Identity {
  return {
    publicKey: publicKeyText(createPublicKey(privateKey)),
    privateKey,
    sign: (text) => sign(null, Buffer.from(text), privateKey).toString('base64url'),
  }
}

function parsePublicKey(text: string): KeyObject | null {
  if (text.length > MAX_TEXT_LENGTH) return null
  try {
    const key = createPublicKey({ key: Buffer.from(text, 'base64url'), format: 'der', type: 'spki' })
    return key.asymmetricKeyType === 'ed25519' && publicKeyText(key) === text ? key : null
  } catch {
    return null
  }
}
