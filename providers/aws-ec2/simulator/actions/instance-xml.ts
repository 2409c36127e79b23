import type { Cloud } from '../cloud/cloud.ts'
import type { Instance, InstanceState } from '../cloud/model.ts'
import { privateName, publicName, zoneId } from '../cloud/names.ts'
import type { XmlTree } from '../protocol/xml.ts'
import { tagSet } from './tags.ts'

export const STATE_CODES: Record<InstanceState, number> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
}

export const stateXml = (state: InstanceState): XmlTree => ({ code: STATE_CODES[state], name: state })

export const date = (ms: number | null): Date | undefined => (ms === null ? undefined : new Date(ms))

/** An instance as DescribeInstances shows it. What is gone has no address and no disk any more. */
export function instanceXml(cloud: Cloud, one: Instance): XmlTree {
  const alive = one.state !== 'terminated'
  return {
    instanceId: one.id,
    imageId: one.imageId,
    instanceState: stateXml(one.state),
    privateDnsName: alive ? privateName(cloud, one) : '',
    dnsName: alive && one.publicIp ? publicName(one.publicIp) : '',
    reason: one.reasonText,
    keyName: one.keyName,
    amiLaunchIndex: one.launchIndex,
    productCodes: [],
    instanceType: one.type,
    launchTime: new Date(one.launchedMs),
    placement: {
      availabilityZone: one.zone,
      availabilityZoneId: zoneId(cloud, one.zone),
      groupName: '',
      tenancy: 'default',
    },
    monitoring: { state: one.monitoring ? 'enabled' : 'disabled' },
    ...(alive ? addressXml(one) : {}),
    architecture: one.architecture,
    rootDeviceType: 'ebs',
    rootDeviceName: one.rootDevice,
    blockDeviceMapping: one.volumeIds.map((id) => diskXml(cloud, id)),
    virtualizationType: 'hvm',
    instanceLifecycle: one.spotRequestId ? 'spot' : undefined,
    spotInstanceRequestId: one.spotRequestId,
    clientToken: one.clientToken ?? '',
    tagSet: tagSet(one.tags),
    groupSet: alive ? groupsXml(cloud, one.groupIds) : [],
    hypervisor: 'xen',
    networkInterfaceSet: one.interfaceIds.map((id) => cardXml(cloud, id)),
    iamInstanceProfile: one.profile ? { arn: one.profile.arn, id: 'AIPASIMULATED0000000' } : undefined,
    ebsOptimized: one.ebsOptimized,
    enaSupport: true,
    stateReason: one.reason,
    hibernationOptions: { configured: one.hibernation },
    metadataOptions: metadataXml(one),
    platformDetails: 'Linux/UNIX',
    usageOperation: 'RunInstances',
  }
}

function addressXml(one: Instance): Record<string, XmlTree> {
  return {
    subnetId: one.subnetId,
    vpcId: one.vpcId,
    privateIpAddress: one.privateIp,
    ipAddress: one.publicIp,
    sourceDestCheck: true,
  }
}

function metadataXml({ metadata }: Instance): XmlTree {
  return {
    state: 'applied',
    httpTokens: metadata.tokens,
    httpPutResponseHopLimit: metadata.hopLimit,
    httpEndpoint: metadata.endpoint,
    httpProtocolIpv6: 'disabled',
    instanceMetadataTags: metadata.tags,
  }
}

function diskXml(cloud: Cloud, id: string): XmlTree {
  const attachment = cloud.volumes.own(id)?.attachment
  return {
    deviceName: attachment?.device,
    ebs: {
      volumeId: id,
      status: 'attached',
      attachTime: date(attachment?.atMs ?? null),
      deleteOnTermination: attachment?.deleteOnTermination,
    },
  }
}

function cardXml(cloud: Cloud, id: string): XmlTree {
  const one = cloud.interfaces.own(id)
  if (!one) return undefined
  const association = one.publicIp
    ? { publicIp: one.publicIp, publicDnsName: publicName(one.publicIp), ipOwnerId: 'amazon' }
    : undefined
  return {
    networkInterfaceId: one.id,
    subnetId: one.subnetId,
    vpcId: one.vpcId,
    description: one.description,
    ownerId: cloud.options.accountId,
    status: 'in-use',
    macAddress: one.mac,
    privateIpAddress: one.privateIp,
    privateDnsName: privateName(cloud, one),
    sourceDestCheck: true,
    groupSet: groupsXml(cloud, one.groupIds),
    attachment: {
      attachmentId: one.attachment?.id,
      deviceIndex: 0,
      networkCardIndex: 0,
      status: 'attached',
      attachTime: date(one.attachment?.atMs ?? null),
      deleteOnTermination: one.attachment?.deleteOnTermination,
    },
    association,
    privateIpAddressesSet: [{ privateIpAddress: one.privateIp, primary: true, association }],
    interfaceType: 'interface',
  }
}

export const groupsXml = (cloud: Cloud, ids: string[]): XmlTree[] =>
  ids.map((groupId) => ({ groupId, groupName: cloud.groups.own(groupId)?.name }))
