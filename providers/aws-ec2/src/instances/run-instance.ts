import {
  type EC2Client,
  type Instance,
  RunInstancesCommand,
  type RunInstancesCommandInput,
} from '@aws-sdk/client-ec2'
import { PlatformError } from '@openzimki/core'
import { errorName, isLackOfRoom, isQuota, mapError } from '../map-error.ts'
import type { Attempt } from './run-request.ts'

/**
 * The instance of the first attempt for which EC2 has room. NO_CAPACITY, QUOTA_EXCEEDED: it has for none, and nothing was made. ALREADY_EXISTS:
 * the id is in use with another spec, or still remembered.
 */
export async function runInstance(
  ec2: EC2Client,
  attempts: readonly Attempt[],
  requestOf: (attempt: Attempt) => RunInstancesCommandInput,
): Promise<Instance> {
  const refusals: { attempt: Attempt; thrown: unknown }[] = []
  for (const attempt of attempts) {
    try {
      const { Instances = [] } = await ec2.send(new RunInstancesCommand(requestOf(attempt)))
      if (Instances[0]) return usable(Instances[0])
      throw new PlatformError(
        'INTERNAL',
        'aws-ec2 provider: EC2 made an instance and did not say which; try again',
      )
    } catch (thrown) {
      if (!isLackOfRoom(thrown)) throw thrown
      refusals.push({ attempt, thrown })
    }
  }
  throw refusedBy(refusals)
}

/** A repeated token gives the first instance, also after its end. */
function usable(instance: Instance): Instance {
  const state = instance.State?.Name
  if (state !== 'terminated' && state !== 'shutting-down') return instance
  throw new PlatformError(
    'ALREADY_EXISTS',
    `aws-ec2 provider: EC2 remembers ${instance.InstanceId} that had this id and was destroyed: launch under a new id`,
  )
}

function refusedBy(refusals: readonly { attempt: Attempt; thrown: unknown }[]): PlatformError {
  const all = refusals.map(
    ({ attempt: { type, zone }, thrown }) => `${type} in ${zone}: ${errorName(thrown)}`,
  )
  const cause = refusals.at(-1)?.thrown
  const onlyQuota = refusals.length > 0 && refusals.every(({ thrown }) => isQuota(thrown))
  const { message } = mapError(cause)
  const what = `EC2 gave no machine (${all.join(', ') || 'the size has no type that any zone offers'}); the last answer: ${message}`
  return new PlatformError(onlyQuota ? 'QUOTA_EXCEEDED' : 'NO_CAPACITY', what, { cause })
}
