import { GetObjectCommand } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import type { Bucket } from './bucket.ts'
import { invalid } from './config.ts'
import { mapError } from './map-error.ts'

const DEFAULT_SECONDS = 300
const MAX_SECONDS = 3_600

/** Leave to read one blob. A secret until it expires. */
export interface SignedRead {
  url: string
  digest: string
  size: number
  /** Milliseconds since 1970. */
  expiresAtMs: number
}

/** INVALID_ARGUMENT for a time that is none, or longer than an hour. */
export async function presignRead(
  bucket: Bucket,
  key: string,
  expiresInSeconds = DEFAULT_SECONDS,
): Promise<Pick<SignedRead, 'url' | 'expiresAtMs'>> {
  if (!Number.isInteger(expiresInSeconds) || expiresInSeconds < 1 || expiresInSeconds > MAX_SECONDS)
    throw invalid(`a URL lasts 1 to ${MAX_SECONDS} whole seconds`)
  const { client, name } = bucket
  try {
    const { expiration } = await client.config.credentials()
    const nowMs = Date.now()
    const url = await getSignedUrl(client, new GetObjectCommand({ Bucket: name, Key: key }), {
      expiresIn: expiresInSeconds,
      signingDate: new Date(nowMs),
    })
    // What is signed with credentials of a role ends with them, whatever it says.
    const endMs = expiration?.getTime() ?? Number.POSITIVE_INFINITY
    return { url, expiresAtMs: Math.min(nowMs + expiresInSeconds * 1_000, endMs) }
  } catch (thrown) {
    throw mapError(thrown, name)
  }
}
