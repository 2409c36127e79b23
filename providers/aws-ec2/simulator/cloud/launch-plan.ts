import { Ec2Error } from '../protocol/ec2-error.ts'
import type { Cloud } from './cloud.ts'
import { IMAGE_IDS } from './default-network.ts'
import { INSTANCE_TYPES, type InstanceType } from './instance-types.ts'
import type { LaunchData } from './launch-data.ts'
import type { Image, Subnet } from './model.ts'

/** A launch with all its names resolved, so that nothing is made before everything is known to be right. */
export interface LaunchPlan {
  data: LaunchData
  image: Image
  type: InstanceType
  subnet: Subnet
  groupIds: string[]
  market: 'spot' | 'on-demand'
  profile: { arn: string; name: string } | null
  userData: string
}

const MOST_USER_DATA = 16_384

export function planLaunch(cloud: Cloud, data: LaunchData): LaunchPlan {
  if (!data.ImageId) throw missing('ImageId')
  const image = imageNamed(cloud, data.ImageId)
  const type = typeNamed(data.InstanceType ?? 'm1.small')
  if (type.architecture !== image.architecture) {
    const why = `The architecture '${type.architecture}' of the specified instance type does not match the architecture '${image.architecture}' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again.`
    throw new Ec2Error('InvalidParameterValue', why)
  }
  const [card] = data.NetworkInterface
  if (card && (data.SubnetId || data.SecurityGroupId.length > 0)) {
    const why =
      'Network interfaces and an instance-level subnet ID or security groups may not be specified on the same request'
    throw new Ec2Error('InvalidParameterCombination', why)
  }
  const subnet = subnetFor(cloud, data)
  const names = card ? card.SecurityGroupId : data.SecurityGroupId
  return {
    data,
    image,
    type,
    subnet,
    groupIds: groupsFor(cloud, subnet, names, data.SecurityGroup),
    market: data.InstanceMarketOptions?.MarketType ?? 'on-demand',
    profile: profileOf(cloud, data.IamInstanceProfile),
    userData: checkedUserData(data.UserData ?? ''),
  }
}

/** An id, or `resolve:ssm:` and a public parameter of Systems Manager, which names the newest image for its architecture. */
function imageNamed(cloud: Cloud, name: string): Image {
  if (!name.startsWith('resolve:ssm:')) return cloud.images.need(name)
  if (!name.startsWith('resolve:ssm:/aws/service/')) {
    throw new Ec2Error('InvalidParameterValue', `Systems Manager parameter '${name}' does not exist`)
  }
  return cloud.images.need(name.includes('arm64') ? IMAGE_IDS.arm64 : IMAGE_IDS.x86_64)
}

export function typeNamed(name: string): InstanceType {
  const type = INSTANCE_TYPES.find((one) => one.name === name)
  if (type) return type
  throw new Ec2Error('InvalidParameterValue', `Invalid value '${name}' for InstanceType.`)
}

function subnetFor(cloud: Cloud, data: LaunchData): Subnet {
  const id = data.NetworkInterface[0]?.SubnetId ?? data.SubnetId
  const zone = data.Placement?.AvailabilityZone
  if (zone !== undefined && !cloud.zoneNames.includes(zone)) {
    throw new Ec2Error('InvalidParameterValue', `Invalid availability zone: [${zone}]`)
  }
  if (id) {
    const subnet = cloud.subnets.need(id)
    if (zone === undefined || subnet.zone === zone) return subnet
    const why = `The availability zone '${zone}' does not match the zone '${subnet.zone}' of subnet '${id}'`
    throw new Ec2Error('InvalidParameterValue', why)
  }
  // Without a wish it is AWS that chooses a zone; here the one with the fewest instances.
  const usable = cloud.subnets
    .every()
    .filter((one) => one.isDefault && (zone === undefined ? !cloud.outages.has(one.zone) : one.zone === zone))
  const best = usable.toSorted((a, b) => a.taken.size - b.taken.size)[0]
  if (best) return best
  throw new Ec2Error('MissingInput', 'No subnets found for the default VPC. Please specify a subnet.')
}

function groupsFor(cloud: Cloud, subnet: Subnet, ids: string[], names: string[]): string[] {
  const named = names.map((name) => {
    const found = cloud.groups.seen().find((one) => one.name === name && one.vpcId === subnet.vpcId)
    if (found) return found.id
    const why = `The security group '${name}' does not exist in VPC '${subnet.vpcId}'`
    throw new Ec2Error('InvalidGroup.NotFound', why)
  })
  const groups = cloud.groups.needAll(ids)
  const stranger = groups.find(({ vpcId }) => vpcId !== subnet.vpcId)
  if (stranger) {
    const why = `Security group ${stranger.id} and subnet ${subnet.id} belong to different networks.`
    throw new Ec2Error('InvalidParameter', why)
  }
  const all = [...ids, ...named]
  if (all.length > 0) return all
  const byDefault = cloud.groups.every().find((one) => one.name === 'default' && one.vpcId === subnet.vpcId)
  return byDefault ? [byDefault.id] : []
}

function profileOf(cloud: Cloud, given: LaunchData['IamInstanceProfile']): LaunchPlan['profile'] {
  const name = given?.Name ?? given?.Arn?.split('/').at(-1)
  if (!given || !name) return null
  return { name, arn: given.Arn ?? `arn:aws:iam::${cloud.options.accountId}:instance-profile/${name}` }
}

function checkedUserData(base64: string): string {
  if (!/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(base64)) {
    throw new Ec2Error('InvalidUserData.Malformed', 'Invalid BASE64 encoding of user data.')
  }
  if (Buffer.from(base64, 'base64').length > MOST_USER_DATA) {
    const why = `User data is limited to ${MOST_USER_DATA} bytes`
    throw new Ec2Error('InvalidParameterValue', why)
  }
  return base64
}

const missing = (name: string): Ec2Error =>
  new Ec2Error('MissingParameter', `The request must contain the parameter ${name}`)
