import { setTimeout as delay } from 'node:timers/promises'
import { CreateTagsCommand, type EC2Client, type Instance, StartInstancesCommand } from '@aws-sdk/client-ec2'
import { TAG } from '../machine-tags.ts'
import { errorName } from '../map-error.ts'

/** It stops yet, though EC2 says elsewhere that it has; or it is not known everywhere. */
const NOT_YET = /^(IncorrectInstanceState|IncorrectState|InvalidInstanceID\.NotFound)$/
const WITHIN_MS = 20_000
const PAUSE_MS = 500

/**
 * Starts an instance that is at rest. To start what runs is no error in EC2, so this may be repeated. That it was asked is written down
 * before, with the launch time that the start will change: see `isAtRest`.
 */
export async function startInstance(ec2: EC2Client, instance: Instance, signal: AbortSignal): Promise<void> {
  const { InstanceId = '', LaunchTime } = instance
  const tag = { Key: TAG.started, Value: LaunchTime?.toISOString() ?? '' }
  await ec2.send(new CreateTagsCommand({ Resources: [InstanceId], Tags: [tag] }))
  const untilMs = performance.now() + WITHIN_MS
  for (;;) {
    try {
      await ec2.send(new StartInstancesCommand({ InstanceIds: [InstanceId] }))
      return
    } catch (thrown) {
      if (!NOT_YET.test(errorName(thrown)) || performance.now() > untilMs) throw thrown
      await delay(PAUSE_MS, undefined, { signal })
    }
  }
}
