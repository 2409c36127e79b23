import { S3Client } from '@aws-sdk/client-s3'
import type { CheckedS3Config } from './config.ts'

/** More than a platform's readers at one time; the SDK's own 50 would let slow ones keep others waiting. */
const MAX_SOCKETS = 256
const ANY_REGION = 'us-east-1'

/** Credentials are those of the standard chain: environment, profile, web identity, container, machine. */
export function openClient(config: CheckedS3Config): S3Client {
  const { endpoint, region, pathStyle, maxAttempts, connectTimeoutMs, requestTimeoutMs, idleTimeoutMs } =
    config
  const agent = { keepAlive: true, maxSockets: MAX_SOCKETS }
  const client = new S3Client({
    ...(region ? { region } : {}),
    // Stores of others have no regions, but signatures name one.
    ...(endpoint ? { endpoint, region: region ?? ANY_REGION } : {}),
    forcePathStyle: pathStyle ?? false,
    ...{ maxAttempts, retryMode: 'adaptive' },
    // Ours are SHA-256 from end to end. The SDK's own ones are for what AWS demands one for.
    ...{ requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' },
    requestHandler: {
      ...{ connectionTimeout: connectTimeoutMs, socketTimeout: idleTimeoutMs },
      ...{ requestTimeout: requestTimeoutMs, throwOnRequestTimeout: true },
      ...{ httpAgent: agent, httpsAgent: agent },
    },
  })
  signOurDigest(client)
  return client
}

/** The signature covers the digest of the body, which is known already: it need not be computed once more. */
function signOurDigest(client: S3Client): void {
  client.middlewareStack.add(
    (next) => (args) => {
      const { ChecksumSHA256: checksum } = args.input as { ChecksumSHA256?: string }
      const { headers } = args.request as { headers: Record<string, string> }
      if (checksum) headers['x-amz-content-sha256'] = Buffer.from(checksum, 'base64').toString('hex')
      return next(args)
    },
    { step: 'build', name: 'openzimkiSignOurDigest' },
  )
}
