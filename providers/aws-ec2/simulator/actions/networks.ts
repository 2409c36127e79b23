import { parseCidr } from '../cloud/cidr.ts'
import type { Cloud } from '../cloud/cloud.ts'
import { addDefaultGroup, addSubnet } from '../cloud/default-network.ts'
import { freeCount } from '../cloud/interfaces.ts'
import type { Subnet, Vpc } from '../cloud/model.ts'
import { zoneId } from '../cloud/names.ts'
import { action } from '../protocol/action.ts'
import { Ec2Error } from '../protocol/ec2-error.ts'
import { filtered } from '../protocol/filters.ts'
import { pageOf } from '../protocol/paging.ts'
import { filters, flag, group, many, paging, tagSpecifications, text } from '../protocol/parameters.ts'
import type { XmlTree } from '../protocol/xml.ts'
import { needsTagging, tagSet, tagsAtCreation } from './tags.ts'

const DescribeVpcs = action({ VpcId: many(text), Filter: filters, ...paging }, (cloud, parameters) => {
  const all = parameters.VpcId.length > 0 ? cloud.vpcs.needAll(parameters.VpcId) : cloud.vpcs.seen()
  const found = filtered(all, parameters.Filter, {
    'vpc-id': ({ id }) => id,
    'is-default': ({ isDefault }) => isDefault,
    isDefault: ({ isDefault }) => isDefault,
    cidr: ({ cidr }) => cidr,
    'cidr-block': ({ cidr }) => cidr,
    state: () => 'available',
  })
  const { page, nextToken } = pageOf(found, parameters, `DescribeVpcs${JSON.stringify(parameters.Filter)}`)
  return { vpcSet: page.map((one) => vpcXml(cloud, one)), nextToken }
})

const DescribeSubnets = action({ SubnetId: many(text), Filter: filters, ...paging }, (cloud, parameters) => {
  const all =
    parameters.SubnetId.length > 0 ? cloud.subnets.needAll(parameters.SubnetId) : cloud.subnets.seen()
  const found = filtered(all, parameters.Filter, {
    'subnet-id': ({ id }) => id,
    'vpc-id': ({ vpcId }) => vpcId,
    'availability-zone': ({ zone }) => zone,
    availabilityZone: ({ zone }) => zone,
    'default-for-az': ({ isDefault }) => isDefault,
    'cidr-block': ({ cidr }) => cidr,
    'map-public-ip-on-launch': ({ publicByDefault }) => publicByDefault,
    state: () => 'available',
  })
  const { page, nextToken } = pageOf(found, parameters, `DescribeSubnets${JSON.stringify(parameters.Filter)}`)
  return { subnetSet: page.map((one) => subnetXml(cloud, one)), nextToken }
})

const CIDR = /^\d{1,3}(?:\.\d{1,3}){3}\/(?:1[6-9]|2[0-8])$/

const CreateVpc = action(
  { CidrBlock: text, InstanceTenancy: text.optional(), TagSpecification: tagSpecifications },
  (cloud, parameters) => {
    const { CidrBlock: cidr } = parameters
    if (!CIDR.test(cidr)) throw new Ec2Error('InvalidVpc.Range', `The CIDR '${cidr}' is invalid.`)
    const tags = tagsAtCreation(parameters.TagSpecification, 'vpc')
    const vpc = cloud.add(cloud.vpcs, { ...cloud.born('vpc', tags), cidr, isDefault: false })
    addDefaultGroup(cloud, vpc.id)
    const table = { vpcId: vpc.id, main: true, routes: [], associations: [] }
    cloud.add(cloud.routeTables, { ...cloud.born('routeTable', new Map()), ...table })
    return { vpc: vpcXml(cloud, vpc) }
  },
  needsTagging,
)

const CreateSubnet = action(
  {
    VpcId: text,
    CidrBlock: text,
    AvailabilityZone: text.optional(),
    TagSpecification: tagSpecifications,
  },
  (cloud, parameters) => {
    const vpc = cloud.vpcs.need(parameters.VpcId)
    const { CidrBlock: cidr, AvailabilityZone: zone = cloud.zoneNames[0] ?? '' } = parameters
    const [inner, outer] = [parseCidr(cidr), parseCidr(vpc.cidr)]
    const inside = inner.first >= outer.first && inner.first + inner.size <= outer.first + outer.size
    if (!CIDR.test(cidr) || !inside) {
      throw new Ec2Error('InvalidSubnet.Range', `The CIDR '${cidr}' is invalid.`)
    }
    const overlaps = (one: Subnet) =>
      one.first < inner.first + inner.size && inner.first < one.first + one.size
    if (cloud.subnets.every().some((one) => one.vpcId === vpc.id && overlaps(one))) {
      throw new Ec2Error('InvalidSubnet.Conflict', `The CIDR '${cidr}' conflicts with another subnet`)
    }
    if (!cloud.zoneNames.includes(zone)) {
      throw new Ec2Error(
        'InvalidParameterValue',
        `Value (${zone}) for parameter availabilityZone is invalid.`,
      )
    }
    const tags = tagsAtCreation(parameters.TagSpecification, 'subnet')
    const subnet = addSubnet(cloud, vpc.id, zone, cidr)
    subnet.tags = tags
    return { subnet: subnetXml(cloud, subnet) }
  },
  needsTagging,
)

const setting = group({ Value: flag })

const ModifySubnetAttribute = action(
  { SubnetId: text, MapPublicIpOnLaunch: setting.optional() },
  (cloud, parameters) => {
    const subnet = cloud.subnets.need(parameters.SubnetId)
    subnet.publicByDefault = parameters.MapPublicIpOnLaunch?.Value ?? subnet.publicByDefault
    return { return: true }
  },
)

const ModifyVpcAttribute = action(
  { VpcId: text, EnableDnsSupport: setting.optional(), EnableDnsHostnames: setting.optional() },
  (cloud, parameters) => {
    cloud.vpcs.need(parameters.VpcId)
    return { return: true }
  },
)

const DeleteSubnet = action({ SubnetId: text }, (cloud, parameters) => {
  const subnet = cloud.subnets.need(parameters.SubnetId)
  if (cloud.interfaces.every().some(({ subnetId }) => subnetId === subnet.id)) {
    const why = `The subnet '${subnet.id}' has dependencies and cannot be deleted.`
    throw new Ec2Error('DependencyViolation', why)
  }
  for (const table of cloud.routeTables.every()) {
    table.associations = table.associations.filter(({ subnetId }) => subnetId !== subnet.id)
  }
  cloud.subnets.drop(subnet.id)
  return { return: true }
})

const DeleteVpc = action({ VpcId: text }, (cloud, parameters) => {
  const vpc = cloud.vpcs.need(parameters.VpcId)
  const own = ({ vpcId }: { vpcId: string | null }) => vpcId === vpc.id
  const groups = cloud.groups.every().filter(own)
  const tables = cloud.routeTables.every().filter(own)
  const held =
    cloud.subnets.every().some(own) ||
    cloud.gateways.every().some(own) ||
    groups.some(({ name }) => name !== 'default') ||
    tables.some(({ main }) => !main)
  if (held) {
    throw new Ec2Error('DependencyViolation', `The vpc '${vpc.id}' has dependencies and cannot be deleted.`)
  }
  for (const { id } of groups) cloud.groups.drop(id)
  for (const { id } of tables) cloud.routeTables.drop(id)
  cloud.vpcs.drop(vpc.id)
  return { return: true }
})

function vpcXml(cloud: Cloud, one: Vpc): XmlTree {
  return {
    vpcId: one.id,
    ownerId: cloud.options.accountId,
    state: 'available',
    cidrBlock: one.cidr,
    cidrBlockAssociationSet: [
      {
        associationId: `vpc-cidr-assoc-${one.id.slice(4)}`,
        cidrBlock: one.cidr,
        cidrBlockState: { state: 'associated' },
      },
    ],
    dhcpOptionsId: 'dopt-00000000000000001',
    instanceTenancy: 'default',
    isDefault: one.isDefault,
    tagSet: tagSet(one.tags),
  }
}

function subnetXml(cloud: Cloud, one: Subnet): XmlTree {
  const { region, accountId } = cloud.options
  return {
    subnetId: one.id,
    subnetArn: `arn:aws:ec2:${region}:${accountId}:subnet/${one.id}`,
    ownerId: accountId,
    state: 'available',
    vpcId: one.vpcId,
    cidrBlock: one.cidr,
    availableIpAddressCount: freeCount(one),
    availabilityZone: one.zone,
    availabilityZoneId: zoneId(cloud, one.zone),
    defaultForAz: one.isDefault,
    mapPublicIpOnLaunch: one.publicByDefault,
    assignIpv6AddressOnCreation: false,
    ipv6CidrBlockAssociationSet: [],
    tagSet: tagSet(one.tags),
  }
}

export const networkActions = {
  DescribeVpcs,
  DescribeSubnets,
  CreateVpc,
  CreateSubnet,
  ModifySubnetAttribute,
  ModifyVpcAttribute,
  DeleteSubnet,
  DeleteVpc,
}
