import type { Cloud } from './cloud.ts'
import { tagsFor } from './launch-data.ts'
import type { LaunchPlan } from './launch-plan.ts'
import type { Instance, SpotRequest } from './model.ts'

/** The request behind a spot instance, fulfilled at once. */
export function addSpotRequest(cloud: Cloud, plan: LaunchPlan, instance: Instance): SpotRequest {
  const wish = plan.data.InstanceMarketOptions?.SpotOptions
  return cloud.add(cloud.spotRequests, {
    ...cloud.born('spotRequest', tagsFor(plan.data, 'spot-instances-request')),
    state: 'active',
    status: { code: 'fulfilled', message: 'Your spot request is fulfilled.', atMs: cloud.nowMs() },
    type: wish?.SpotInstanceType ?? 'one-time',
    interruption: wish?.InstanceInterruptionBehavior ?? 'terminate',
    maxPrice: wish?.MaxPrice,
    instanceId: instance.id,
    instanceType: instance.type,
    imageId: instance.imageId,
    zone: instance.zone,
    subnetId: instance.subnetId,
    groupIds: instance.groupIds,
  })
}

export function setSpotStatus(cloud: Cloud, instance: Instance, code: string, message: string): void {
  const request = instance.spotRequestId ? cloud.spotRequests.own(instance.spotRequestId) : undefined
  if (request) request.status = { code, message, atMs: cloud.nowMs() }
}

/** The instance is gone: a one-time request has had its one time, and a persistent one that was not cancelled waits for capacity. */
export function endSpotRequest(cloud: Cloud, instance: Instance): void {
  const request = instance.spotRequestId ? cloud.spotRequests.own(instance.spotRequestId) : undefined
  if (!request) return
  const byService = instance.reason?.code === 'Server.SpotInstanceTermination'
  const code = byService ? 'instance-terminated-no-capacity' : 'instance-terminated-by-user'
  const message = byService
    ? 'Your Spot instance was terminated because there is no longer enough spot capacity available.'
    : 'Spot Instance terminated due to user-initiated termination.'
  setSpotStatus(cloud, instance, code, message)
  if (request.state !== 'active') return
  request.state = request.type === 'persistent' && byService ? 'open' : 'closed'
  if (request.state === 'open') request.instanceId = null
}
