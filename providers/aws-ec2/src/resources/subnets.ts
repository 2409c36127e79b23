import { type EC2Client, paginateDescribeSubnets } from '@aws-sdk/client-ec2'
import { PlatformError } from '@openzimki/core'
import type { CheckedEc2Config } from '../config.ts'

/** Where machines of a zone are put. */
export interface ZoneSubnet {
  zone: string
  subnet: string
  vpc: string
}

/** One of each zone, in order of zone: those that are configured, or the defaults of the default VPC. INVALID_ARGUMENT: there are none. */
export async function readSubnets(ec2: EC2Client, { subnets }: CheckedEc2Config): Promise<ZoneSubnet[]> {
  const which = subnets ? { SubnetIds: subnets } : { Filters: [{ Name: 'default-for-az', Values: ['true'] }] }
  const byZone = new Map<string, ZoneSubnet>()
  for await (const { Subnets = [] } of paginateDescribeSubnets({ client: ec2 }, which)) {
    for (const { AvailabilityZone: zone, SubnetId: subnet, VpcId: vpc } of Subnets) {
      if (zone && subnet && vpc && !byZone.has(zone)) byZone.set(zone, { zone, subnet, vpc })
    }
  }
  const found = [...byZone.values()].toSorted((a, b) => (a.zone < b.zone ? -1 : 1))
  if (new Set(found.map(({ vpc }) => vpc)).size > 1)
    throw invalid('subnets are of several VPCs, and a security group is of one: name those of one VPC')
  if (found.length > 0) return found
  throw invalid('the region has no default subnets: make a VPC and name a subnet for each zone in `subnets`')
}

const invalid = (what: string) => new PlatformError('INVALID_ARGUMENT', `aws-ec2 provider: ${what}`)
