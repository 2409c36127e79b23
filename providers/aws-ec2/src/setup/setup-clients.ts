import { EC2Client } from '@aws-sdk/client-ec2'
import { IAMClient } from '@aws-sdk/client-iam'
import { S3Client } from '@aws-sdk/client-s3'
import type { SetupConfig } from './setup-config.ts'

export interface SetupClients {
  ec2: EC2Client
  /** Never repeats a call by itself: for what has no name of its own and no client token, of which a repeated call would make two. */
  once: EC2Client
  s3: S3Client
  iam: IAMClient
  /** S3 is spoken to without TLS: it is not AWS's, but a server of the operator's own. */
  isPlainHttp: boolean
  close(): void
}

export function openClients({ region, endpoint, credentials, maxAttempts }: SetupConfig): SetupClients {
  const settings = () => ({
    ...{ region, maxAttempts, retryMode: 'adaptive' },
    ...(endpoint === undefined ? {} : { endpoint }),
    // A copy: clients write into what they are given.
    ...(credentials === undefined
      ? {}
      : { credentials: { ...credentials } as { accessKeyId: string; secretAccessKey: string } }),
  })
  const ec2 = new EC2Client(settings())
  const once = new EC2Client({ ...settings(), maxAttempts: 1 })
  // Of the SDK's own settings, those that lead all or S3's calls elsewhere.
  const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL } = process.env
  const s3Endpoint = endpoint ?? AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL
  const s3 = new S3Client({ ...settings(), forcePathStyle: s3Endpoint !== undefined })
  // IAM is one for all regions, and the SDK knows where it is.
  const iam = new IAMClient(settings())
  const isPlainHttp = s3Endpoint?.startsWith('http:') === true
  return {
    ec2,
    once,
    s3,
    iam,
    isPlainHttp,
    close: () => [ec2, once, s3, iam].forEach((one) => void one.destroy()),
  }
}
