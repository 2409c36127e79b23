import {
  CancelSpotInstanceRequestsCommand,
  CreateTagsCommand,
  type EC2Client,
  type Instance,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import { TAG } from '../machine-tags.ts'
import { codeAs } from '../map-error.ts'
import { isStillAtRest } from './preparation.ts'

/** Not there any more, or not yet everywhere; of two that end it at once, one may hear of its interface what is so of the instance. */
const NOT_THERE = /^(InvalidInstanceID\.NotFound|InvalidID|InvalidNetworkInterfaceID\.NotFound)$/
/** It is in a state from which it goes by itself. */
const ON_ITS_WAY = /^(IncorrectInstanceState|InvalidInstanceID\.NotFound)$/
const NO_REQUEST = /^InvalidSpotInstanceRequestID\.NotFound$/

/** Written before it is done, so that whoever looks later knows that it ended because it was asked. */
export async function mark(ec2: EC2Client, instanceIds: string[], key: string): Promise<void> {
  const tags = [{ Key: key, Value: '1' }]
  await codeAs(ec2.send(new CreateTagsCommand({ Resources: instanceIds, Tags: tags })), NOT_THERE, null)
}

/** EC2 presses the power button; systemd then ends the agent in order. Spot requests of our kind cannot be stopped, and are terminated. */
export async function askToEnd(ec2: EC2Client, instance: Instance): Promise<void> {
  const ids = [instance.InstanceId ?? '']
  await mark(ec2, ids, TAG.stop)
  const end = canStop(instance)
    ? ec2.send(new StopInstancesCommand({ InstanceIds: ids }))
    : ec2.send(new TerminateInstancesCommand({ InstanceIds: ids }))
  await codeAs(end, ON_ITS_WAY, null)
}

/** Pulls the plug. */
export async function forceToEnd(ec2: EC2Client, instance: Instance): Promise<void> {
  const ids = [instance.InstanceId ?? '']
  await mark(ec2, ids, TAG.stop)
  const end = canStop(instance)
    ? ec2.send(new StopInstancesCommand({ InstanceIds: ids, Force: true, SkipOsShutdown: true }))
    : ec2.send(new TerminateInstancesCommand({ InstanceIds: ids, SkipOsShutdown: true }))
  await codeAs(end, ON_ITS_WAY, null)
}

/** For good, with its volumes and its spot request, which would otherwise be open where it was never filled. */
export async function terminate(ec2: EC2Client, instances: readonly Instance[]): Promise<void> {
  const ids = instances.flatMap(({ InstanceId }) => InstanceId ?? [])
  const requests = instances.flatMap(({ SpotInstanceRequestId }) => SpotInstanceRequestId ?? [])
  await mark(ec2, ids, TAG.gone)
  if (requests.length > 0) {
    const cancel = new CancelSpotInstanceRequestsCommand({ SpotInstanceRequestIds: requests })
    await codeAs(ec2.send(cancel), NO_REQUEST, null)
  }
  const running = instances.flatMap(({ InstanceId, State }) =>
    State?.Name === 'terminated' ? [] : (InstanceId ?? []),
  )
  if (running.length === 0) return
  const end = new TerminateInstancesCommand({ InstanceIds: running, SkipOsShutdown: true })
  await codeAs(ec2.send(end), NOT_THERE, null)
}

const canStop = ({ InstanceLifecycle }: Instance) => InstanceLifecycle !== 'spot'

/** One that is prepared waits, and has not ended. */
export const hasEnded = (instance: Instance): boolean =>
  instance.State?.Name === 'terminated' || (instance.State?.Name === 'stopped' && !isStillAtRest(instance))
