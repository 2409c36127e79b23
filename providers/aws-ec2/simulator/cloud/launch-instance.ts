import { checkCapacity } from './capacity.ts'
import type { Cloud } from './cloud.ts'
import { begin } from './instance-life.ts'
import { addInterface, attachInterface } from './interfaces.ts'
import { tagsFor } from './launch-data.ts'
import type { LaunchPlan } from './launch-plan.ts'
import type { Instance, NetworkInterface } from './model.ts'
import { addSpotRequest } from './spot-requests.ts'
import { addVolumes } from './volumes.ts'

export interface LaunchOrder {
  plan: LaunchPlan
  reservationId: string
  launchIndex: number
  clientToken: string | undefined
}

/** Makes one instance with its interface, disks and spot request, and starts it; nothing is made when there is no capacity. */
export function launchInstance(cloud: Cloud, order: LaunchOrder): Instance {
  const { plan } = order
  checkCapacity(cloud, plan.type.name, plan.subnet.zone, plan.market)
  const [card] = plan.data.NetworkInterface
  const networkInterface = addInterface(cloud, {
    subnet: plan.subnet,
    groupIds: plan.groupIds,
    description: card?.Description ?? '',
    publicAddress: card?.AssociatePublicIpAddress ?? plan.subnet.publicByDefault,
    privateIp: card?.PrivateIpAddress,
    deleteOnTermination: card?.DeleteOnTermination ?? true,
    tags: tagsFor(plan.data, 'network-interface'),
  })
  const instance = cloud.add(cloud.instances, newInstance(cloud, order, networkInterface))
  attachInterface(cloud, networkInterface, instance, card?.DeleteOnTermination ?? true)
  addVolumes(cloud, instance, plan.image, plan.data.BlockDeviceMapping, tagsFor(plan.data, 'volume'))
  if (plan.market === 'spot') instance.spotRequestId = addSpotRequest(cloud, plan, instance).id
  begin(cloud, instance)
  return instance
}

function newInstance(cloud: Cloud, order: LaunchOrder, card: NetworkInterface): Instance {
  const { plan } = order
  const { data } = plan
  return {
    ...cloud.born('instance', tagsFor(data, 'instance')),
    reservationId: order.reservationId,
    launchIndex: order.launchIndex,
    clientToken: order.clientToken,
    state: 'pending',
    reason: null,
    reasonText: '',
    imageId: plan.image.id,
    type: plan.type.name,
    zone: plan.subnet.zone,
    subnetId: plan.subnet.id,
    vpcId: plan.subnet.vpcId,
    architecture: plan.type.architecture,
    launchedMs: cloud.nowMs(),
    keyName: data.KeyName,
    profile: plan.profile,
    groupIds: plan.groupIds,
    interfaceIds: [card.id],
    volumeIds: [],
    rootDevice: plan.image.rootDevice,
    userData: plan.userData,
    spotRequestId: null,
    ebsOptimized: data.EbsOptimized ?? false,
    monitoring: data.Monitoring?.Enabled ?? false,
    hibernation: data.HibernationOptions?.Configured ?? false,
    protected: data.DisableApiTermination ?? false,
    onShutdown: data.InstanceInitiatedShutdownBehavior ?? 'stop',
    metadata: {
      tokens: data.MetadataOptions?.HttpTokens ?? 'required',
      hopLimit: data.MetadataOptions?.HttpPutResponseHopLimit ?? 2,
      endpoint: data.MetadataOptions?.HttpEndpoint ?? 'enabled',
      tags: data.MetadataOptions?.InstanceMetadataTags ?? 'disabled',
    },
    privateIp: card.privateIp,
    publicIp: card.publicIp,
    status: { instance: 'not-applicable', system: 'not-applicable', impairedMs: null },
    notices: { action: null, rebalanceMs: null },
    console: '',
    hibernated: false,
  }
}
