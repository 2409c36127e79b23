import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { PlatformError } from '@openzimki/core'

const NONCE_BYTES = 12
const TAG_BYTES = 16

/** Secrets at rest: AES-256-GCM, bound to where they belong, so that a copied row does not open elsewhere. */
export class SecretBox {
  readonly #key: Buffer

  /** The key is derived from the platform's secret; with another secret nothing opens. */
  constructor(platformSecret: Buffer) {
    this.#key = Buffer.from(hkdfSync('sha256', platformSecret, '', 'openzimki secrets of realms', 32))
  }

  seal(place: string, plain: string): string {
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(Buffer.from(place))
    const sealed = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
    return Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString('base64')
  }

  /** INTERNAL when it was sealed with another key, for another place, or changed. */
  open(place: string, sealed: string): string {
    const bytes = Buffer.from(sealed, 'base64')
    const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, NONCE_BYTES))
      .setAAD(Buffer.from(place))
      .setAuthTag(bytes.subarray(-TAG_BYTES))
    try {
      const plain = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8')
      return plain + decipher.final('utf8')
    } catch (cause) {
      throw new PlatformError(
        'INTERNAL',
        'A secret does not open: was the platform secret changed? Set it again',
        { cause },
      )
    }
  }
}
