import {
  type _InstanceType,
  type EC2Client,
  paginateDescribeInstanceTypeOfferings,
  paginateDescribeInstanceTypes,
} from '@aws-sdk/client-ec2'

export interface TypeFacts {
  cpus: number
  memoryBytes: number
  /** Zones that have it. */
  zones: ReadonlySet<string>
}

const MIB = 1024 ** 2

/** What EC2 says of these types; those that the region does not have are left out. */
export async function readInstanceTypes(
  ec2: EC2Client,
  types: readonly string[],
): Promise<Map<string, TypeFacts>> {
  const zones = await zonesOf(ec2, types)
  const here = types.filter((type) => zones.has(type))
  const facts = new Map<string, TypeFacts>()
  if (here.length === 0) return facts
  // By filter and not by name: one name that is unknown would fail them all.
  const filters = [{ Name: 'instance-type', Values: here }]
  for await (const { InstanceTypes = [] } of paginateDescribeInstanceTypes(
    { client: ec2 },
    { Filters: filters },
  )) {
    for (const { InstanceType, VCpuInfo, MemoryInfo } of InstanceTypes) {
      const zonesOfType = zones.get(InstanceType ?? '')
      const [cpus, mib] = [VCpuInfo?.DefaultVCpus, MemoryInfo?.SizeInMiB]
      if (InstanceType && zonesOfType && cpus && mib)
        facts.set(InstanceType, { cpus, memoryBytes: mib * MIB, zones: zonesOfType })
    }
  }
  return facts
}

async function zonesOf(ec2: EC2Client, types: readonly string[]): Promise<Map<string, Set<string>>> {
  const zones = new Map<string, Set<string>>()
  const asked = {
    LocationType: 'availability-zone' as const,
    Filters: [{ Name: 'instance-type', Values: [...types] as _InstanceType[] }],
  }
  for await (const { InstanceTypeOfferings = [] } of paginateDescribeInstanceTypeOfferings(
    { client: ec2 },
    asked,
  )) {
    for (const { InstanceType, Location } of InstanceTypeOfferings) {
      if (!InstanceType || !Location) continue
      zones.set(InstanceType, (zones.get(InstanceType) ?? new Set()).add(Location))
    }
  }
  return zones
}
