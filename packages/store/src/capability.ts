import { createHmac, timingSafeEqual } from 'node:crypto'
import { PlatformError } from '@openzimki/core'
import { z } from 'zod'

/**
 * What opens the store to a process. A cell holds nothing else: it opens one realm, until it expires.
 */
export interface Capability {
  /** The one realm it opens; `*` opens all, for role `control` alone. */
  realm: string
  /** Deployment that it was made for; `*` with realm `*`. */
  deployment: string
  /** API key (UUID), where it was made for one. */
  key?: string
  /** Milliseconds since 1970 from which on it opens nothing. */
  expiresAtMs: number
  /** `cell`: reads and writes objects and files of its realm. `control`: everything. */
  role: 'cell' | 'control'
  /** Epoch with which its writes are made, whatever the writer says. */
  epoch: number
}

const shape = z.object({
  realm: z.string().min(1).max(128),
  deployment: z.string().min(1).max(128),
  key: z.string().max(64).optional(),
  expiresAtMs: z.int(),
  role: z.enum(['cell', 'control']),
  epoch: z.int().min(1),
})

/** Largest token that is looked at. */
const MAX_TOKEN = 2_000
/** A secret shorter than the digest would be the weakest part. */
const MIN_SECRET_BYTES = 32

/** A token `<payload>.<HMAC-SHA256>`, both base64url. INVALID_ARGUMENT for a capability that cannot be, or a short secret. */
export function signCapability(capability: Capability, secret: Buffer): string {
  const checked = shape.safeParse(capability)
  if (!checked.success || (capability.realm === '*' && capability.role !== 'control')) {
    throw new PlatformError('INVALID_ARGUMENT', 'a capability names a realm, and only control may name all')
  }
  const payload = Buffer.from(JSON.stringify(checked.data)).toString('base64url')
  return `${payload}.${sign(payload, secret).toString('base64url')}`
}

/** UNAUTHENTICATED when it was not signed with this secret, or has expired. Takes the same time wherever it differs. */
export function verifyCapability(token: string, secret: Buffer, nowMs: number): Capability {
  const capability = read(token, secret)
  if (capability === null) throw refused('it was not made by this platform')
  if (capability.expiresAtMs <= nowMs) throw refused('it has expired; ask for a new one')
  return capability
}

function read(token: string, secret: Buffer): Capability | null {
  if (typeof token !== 'string' || token.length > MAX_TOKEN) return null
  const [payload = '', signature = '', ...rest] = token.split('.')
  const given = Buffer.from(signature, 'base64url')
  const wanted = sign(payload, secret)
  // Base64 has many spellings of the same bytes; only ours is the token.
  if (rest.length > 0 || given.length !== wanted.length || given.toString('base64url') !== signature)
    return null
  if (!timingSafeEqual(given, wanted)) return null
  const parsed = shape.safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString()))
  return parsed.success ? parsed.data : null
}

function sign(payload: string, secret: Buffer): Buffer {
  if (secret.length < MIN_SECRET_BYTES) {
    throw new PlatformError(
      'INVALID_ARGUMENT',
      `the secret of capabilities has at least ${MIN_SECRET_BYTES} bytes`,
    )
  }
  return createHmac('sha256', secret).update('zimki-capability-1\0').update(payload).digest()
}

const refused = (why: string): PlatformError =>
  new PlatformError('UNAUTHENTICATED', `the store does not take this capability: ${why}`)
