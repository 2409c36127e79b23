import { EC2Client } from '@aws-sdk/client-ec2'
import type { CheckedEc2Config } from './config.ts'

/** Adaptive: after a throttled call fewer are made at first, and each waits longer than the one before. */
export function openClient({ region, endpoint, credentials, maxAttempts }: CheckedEc2Config): EC2Client {
  return new EC2Client({
    region,
    retryMode: 'adaptive',
    maxAttempts,
    ...(endpoint === undefined ? {} : { endpoint }),
    // A copy: the client writes into what it is given.
    ...(credentials === undefined ? {} : { credentials: { ...credentials } }),
  })
}
