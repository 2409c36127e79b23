import { addressText, parseCidr } from './cidr.ts'
import type { Cloud } from './cloud.ts'
import type { Subnet, Vpc } from './model.ts'

/** What an account has from the beginning: a default VPC with a subnet in each zone, and images. */
export function furnish(cloud: Cloud, cidr: string): void {
  const vpc: Vpc = cloud.vpcs.add({ ...cloud.born('vpc', new Map()), cidr, isDefault: true })
  const { first, size } = parseCidr(cidr)
  const part = size / 4 > 4096 ? 4096 : size / 4
  for (const [index, zone] of cloud.zoneNames.entries()) {
    addSubnet(cloud, vpc.id, zone, `${addressText(first + index * part)}/${32 - Math.log2(part)}`, true)
  }
  const gateway = cloud.gateways.add({ ...cloud.born('gateway', new Map()), vpcId: vpc.id })
  cloud.routeTables.add({
    ...cloud.born('routeTable', new Map()),
    vpcId: vpc.id,
    main: true,
    routes: [{ destination: '0.0.0.0/0', gatewayId: gateway.id }],
    associations: [],
  })
  addDefaultGroup(cloud, vpc.id)
  addImages(cloud)
  cloud.furnishedUpTo = cloud.lastPosition
}

export function addSubnet(
  cloud: Cloud,
  vpcId: string,
  zone: string,
  cidr: string,
  isDefault = false,
): Subnet {
  return cloud.add(cloud.subnets, {
    ...cloud.born('subnet', new Map()),
    ...parseCidr(cidr),
    vpcId,
    zone,
    cidr,
    isDefault,
    publicByDefault: isDefault,
    taken: new Set<string>(),
    given: 0,
  })
}

export function addDefaultGroup(cloud: Cloud, vpcId: string): void {
  const born = cloud.born('securityGroup', new Map())
  cloud.add(cloud.groups, {
    ...born,
    name: 'default',
    description: 'default VPC security group',
    vpcId,
    ingress: [{ ipProtocol: '-1', groupId: born.id, ruleId: `sgr-${cloud.newId()}` }],
    egress: [{ ipProtocol: '-1', cidr: '0.0.0.0/0', ruleId: `sgr-${cloud.newId()}` }],
  })
}

/** Ids that do not change, for scripts and guides. */
export const IMAGE_IDS = { x86_64: 'ami-0123456789abcde86', arm64: 'ami-0123456789abcde64' } as const

function addImages(cloud: Cloud): void {
  for (const architecture of ['x86_64', 'arm64'] as const) {
    const name = `al2023-ami-2023.9.20261110.0-kernel-6.12-${architecture}`
    const born = { ...cloud.born('image', new Map()), id: IMAGE_IDS[architecture] }
    cloud.images.add({ ...born, name, architecture, rootDevice: '/dev/xvda', sizeGib: 8 })
  }
}
