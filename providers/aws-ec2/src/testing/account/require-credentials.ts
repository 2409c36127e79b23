import { DescribeInstancesCommand, type EC2Client } from '@aws-sdk/client-ec2'
import { PlatformError } from '@openzimki/core'
import { codeAs, mapError } from '../../map-error.ts'

/** PERMISSION_DENIED: there are none where AWS tools look, or AWS does not take them. */
export async function requireCredentials(ec2: EC2Client): Promise<void> {
  try {
    await ec2.config.credentials()
  } catch (cause) {
    throw new PlatformError(
      'PERMISSION_DENIED',
      `nothing was made: there are no AWS credentials (${(cause as Error).message}): set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, of an account for tests with the rights of providers/aws-ec2/policy/setup.json and platform.json`,
      { cause },
    )
  }
  try {
    await codeAs(ec2.send(new DescribeInstancesCommand({ DryRun: true })), /^DryRunOperation$/, null)
  } catch (thrown) {
    const { code, message } = mapError(thrown)
    throw new PlatformError(code, `nothing was made: ${message}`, { cause: thrown })
  }
}
