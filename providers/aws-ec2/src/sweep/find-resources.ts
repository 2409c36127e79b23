import {
  type EC2Client,
  type Filter,
  paginateDescribeInstances,
  paginateDescribeLaunchTemplates,
  paginateDescribeNetworkInterfaces,
  paginateDescribeSecurityGroups,
  paginateDescribeSpotInstanceRequests,
  paginateDescribeVolumes,
  type Tag,
} from '@aws-sdk/client-ec2'
import { readOwner, readTags, TAG, tagValue } from '../machine-tags.ts'

export const KINDS = [
  'spot request',
  'instance',
  'network interface',
  'volume',
  'launch template',
  'security group',
] as const
export type ResourceKind = (typeof KINDS)[number]

/** Something that bears the owner's tag. */
export interface OwnedResource {
  kind: ResourceKind
  id: string
  /** Of the machine that it belongs to; null: to all of the owner's. */
  machine: string | null
  /** Milliseconds since 1970; null: EC2 does not say. */
  createdAtMs: number | null
  /** Nothing uses it. */
  idle: boolean
  name: string | null
}

type Found = {
  kind: ResourceKind
  id: string | undefined
  tags: Tag[] | undefined
  at?: Date | undefined
} & Partial<Pick<OwnedResource, 'idle' | 'name'>>

/** Everything of this owner that is still there, of every kind that a launch makes, in the order in which it can be removed. */
export const findResources = (ec2: EC2Client, owner: string): Promise<OwnedResource[]> =>
  findTagged(ec2, TAG.owner, owner)

/** The same of whatever bears this tag. */
export async function findTagged(ec2: EC2Client, key: string, value: string): Promise<OwnedResource[]> {
  const asked = { Filters: [{ Name: `tag:${key}`, Values: [value] }] }
  const all = await Promise.all(
    [spotRequests, instances, interfaces, volumes, templates, groups].map((find) => find(ec2, asked)),
  )
  return all.flat().flatMap(({ kind, id, tags, at, idle = true, name = null }) => {
    // The filter is EC2's; what is removed is what shows the tag itself.
    if (id === undefined || tagValue(tags, key) !== value) return []
    const machine = readTags(tags, readOwner(tags) ?? '')?.id ?? null
    return [{ kind, id, machine, createdAtMs: at?.getTime() ?? null, idle, name }]
  })
}

type Asked = { Filters: Filter[] }

async function instances(client: EC2Client, asked: Asked): Promise<Found[]> {
  const found: Found[] = []
  for await (const { Reservations = [] } of paginateDescribeInstances({ client }, asked)) {
    for (const { InstanceId, Tags, LaunchTime, State } of Reservations.flatMap(
      ({ Instances = [] }) => Instances,
    )) {
      if (State?.Name === 'terminated' || State?.Name === 'shutting-down') continue
      found.push({ kind: 'instance', id: InstanceId, tags: Tags, at: LaunchTime, idle: false })
    }
  }
  return found
}

async function spotRequests(client: EC2Client, asked: Asked): Promise<Found[]> {
  const found: Found[] = []
  for await (const page of paginateDescribeSpotInstanceRequests({ client }, asked)) {
    for (const { SpotInstanceRequestId, Tags, CreateTime, State, InstanceId } of page.SpotInstanceRequests ??
      []) {
      if (State !== 'open' && State !== 'active') continue
      const idle = InstanceId === undefined
      found.push({ kind: 'spot request', id: SpotInstanceRequestId, tags: Tags, at: CreateTime, idle })
    }
  }
  return found
}

async function interfaces(client: EC2Client, asked: Asked): Promise<Found[]> {
  const found: Found[] = []
  for await (const { NetworkInterfaces = [] } of paginateDescribeNetworkInterfaces({ client }, asked)) {
    for (const { NetworkInterfaceId, TagSet, Status } of NetworkInterfaces) {
      const idle = Status === 'available'
      found.push({ kind: 'network interface', id: NetworkInterfaceId, tags: TagSet, idle })
    }
  }
  return found
}

async function volumes(client: EC2Client, asked: Asked): Promise<Found[]> {
  const found: Found[] = []
  for await (const { Volumes = [] } of paginateDescribeVolumes({ client }, asked)) {
    for (const { VolumeId, Tags, CreateTime, State } of Volumes) {
      if (State === 'deleting' || State === 'deleted') continue
      found.push({ kind: 'volume', id: VolumeId, tags: Tags, at: CreateTime, idle: State === 'available' })
    }
  }
  return found
}

async function templates(client: EC2Client, asked: Asked): Promise<Found[]> {
  const found: Found[] = []
  for await (const { LaunchTemplates = [] } of paginateDescribeLaunchTemplates({ client }, asked)) {
    for (const { LaunchTemplateId, LaunchTemplateName, Tags, CreateTime } of LaunchTemplates) {
      const name = LaunchTemplateName ?? null
      found.push({ kind: 'launch template', id: LaunchTemplateId, tags: Tags, at: CreateTime, name })
    }
  }
  return found
}

async function groups(client: EC2Client, asked: Asked): Promise<Found[]> {
  const found: Found[] = []
  for await (const { SecurityGroups = [] } of paginateDescribeSecurityGroups({ client }, asked)) {
    for (const { GroupId, Tags, GroupName } of SecurityGroups)
      found.push({ kind: 'security group', id: GroupId, tags: Tags, name: GroupName ?? null })
  }
  return found
}
