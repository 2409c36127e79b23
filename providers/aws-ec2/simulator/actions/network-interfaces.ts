import type { Cloud } from '../cloud/cloud.ts'
import { dropInterface } from '../cloud/interfaces.ts'
import type { NetworkInterface } from '../cloud/model.ts'
import { privateName, publicName } from '../cloud/names.ts'
import { action } from '../protocol/action.ts'
import { Ec2Error } from '../protocol/ec2-error.ts'
import { filtered } from '../protocol/filters.ts'
import { pageOf } from '../protocol/paging.ts'
import { filters, many, paging, text } from '../protocol/parameters.ts'
import type { XmlTree } from '../protocol/xml.ts'
import { groupsXml } from './instance-xml.ts'
import { tagSet } from './tags.ts'

const DescribeNetworkInterfaces = action(
  { NetworkInterfaceId: many(text), Filter: filters, ...paging },
  (cloud, parameters) => {
    const ids = parameters.NetworkInterfaceId
    const all = ids.length > 0 ? cloud.interfaces.needAll(ids) : cloud.interfaces.seen()
    const found = filtered(all, parameters.Filter, {
      'network-interface-id': ({ id }) => id,
      status,
      'attachment.instance-id': ({ attachment }) => attachment?.instanceId,
      'attachment.attachment-id': ({ attachment }) => attachment?.id,
      'availability-zone': ({ zone }) => zone,
      'group-id': ({ groupIds }) => groupIds,
      'private-ip-address': ({ privateIp }) => privateIp,
      'subnet-id': ({ subnetId }) => subnetId,
      'vpc-id': ({ vpcId }) => vpcId,
      description: ({ description }) => description,
    })
    const scope = `DescribeNetworkInterfaces${JSON.stringify(parameters.Filter)}`
    const { page, nextToken } = pageOf(found, parameters, scope)
    return { networkInterfaceSet: page.map((one) => interfaceXml(cloud, one)), nextToken }
  },
)

const DeleteNetworkInterface = action({ NetworkInterfaceId: text }, (cloud, parameters) => {
  const one = cloud.interfaces.need(parameters.NetworkInterfaceId)
  if (one.attachment) {
    throw new Ec2Error('InvalidParameterValue', `Network interface '${one.id}' is currently in use.`)
  }
  dropInterface(cloud, one)
  return { return: true }
})

function status({ attachment }: NetworkInterface): string {
  return attachment ? 'in-use' : 'available'
}

function interfaceXml(cloud: Cloud, one: NetworkInterface): XmlTree {
  const { accountId } = cloud.options
  const association = one.publicIp
    ? { publicIp: one.publicIp, publicDnsName: publicName(one.publicIp), ipOwnerId: 'amazon' }
    : undefined
  const privateDnsName = privateName(cloud, one)
  return {
    networkInterfaceId: one.id,
    subnetId: one.subnetId,
    vpcId: one.vpcId,
    availabilityZone: one.zone,
    description: one.description,
    ownerId: accountId,
    requesterManaged: false,
    status: status(one),
    macAddress: one.mac,
    privateIpAddress: one.privateIp,
    privateDnsName,
    sourceDestCheck: true,
    groupSet: groupsXml(cloud, one.groupIds),
    attachment: one.attachment
      ? {
          attachmentId: one.attachment.id,
          instanceId: one.attachment.instanceId,
          instanceOwnerId: accountId,
          deviceIndex: 0,
          networkCardIndex: 0,
          status: 'attached',
          attachTime: new Date(one.attachment.atMs),
          deleteOnTermination: one.attachment.deleteOnTermination,
        }
      : undefined,
    association,
    tagSet: tagSet(one.tags),
    privateIpAddressesSet: [{ privateIpAddress: one.privateIp, privateDnsName, primary: true, association }],
    interfaceType: 'interface',
  }
}

export const interfaceActions = { DescribeNetworkInterfaces, DeleteNetworkInterface }
