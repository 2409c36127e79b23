import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto'
import { PlatformError } from '@openzimki/core'

/** A Zimki provider's key pair for readings, as PEM. The private half never leaves the control plane. */
export interface SigningKey {
  privateKeyPem: string
  publicKeyPem: string
}

/** A new Ed25519 key pair from the system's randomness. */
export function generateSigningKey(): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return {
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  }
}

/** The public half of a private key, as PEM. INVALID_ARGUMENT when it is not an Ed25519 key. */
export function publicKeyOf(privateKeyPem: string): string {
  return createPublicKey(parsePrivateKey(privateKeyPem)).export({ type: 'spki', format: 'pem' }).toString()
}

/** Names a public key: SHA-256 of its DER form, lower-case hex. */
export function keyId(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')
}

export function parsePrivateKey(pem: string): KeyObject {
  return ed25519(() => createPrivateKey(pem), 'private')
}

export function parsePublicKey(pem: string): KeyObject {
  return ed25519(() => createPublicKey(pem), 'public')
}

function ed25519(parse: () => KeyObject, half: string): KeyObject {
  let key: KeyObject
  try {
    key = parse()
  } catch (cause) {
    throw new PlatformError(
      'INVALID_ARGUMENT',
      `This is not a ${half} key in PEM form. Give the whole file, with its BEGIN and END lines.`,
      { cause },
    )
  }
  if (key.asymmetricKeyType === 'ed25519') return key
  throw new PlatformError(
    'INVALID_ARGUMENT',
    `Readings are signed with Ed25519, and this ${half} key is ${key.asymmetricKeyType}. Give the provider's Ed25519 key.`,
  )
}
