import {
  paginateDescribeInternetGateways,
  paginateDescribeRouteTables,
  paginateDescribeSubnets,
  paginateDescribeVpcs,
} from '@aws-sdk/client-ec2'
import {
  GetInstanceProfileCommand,
  ListRoleTagsCommand,
  paginateListInstanceProfiles,
  paginateListRoles,
} from '@aws-sdk/client-iam'
import { paginateListBuckets } from '@aws-sdk/client-s3'
import { findResources, type OwnedResource } from '../sweep/find-resources.ts'
import { bucketTags } from './ensure-bucket.ts'
import { findSetupTemplates } from './find-templates.ts'
import type { SetupClients } from './setup-clients.ts'
import type { SetupConfig } from './setup-config.ts'
import { bucketStem, IAM_PATH, isPart, partFilter } from './setup-names.ts'

export const SETUP_KINDS = [
  'bucket',
  'instance profile',
  'role',
  'subnet',
  'route table',
  'internet gateway',
  'VPC',
] as const

export interface SetupResource {
  kind: (typeof SETUP_KINDS)[number] | OwnedResource['kind']
  id: string
}

type Where = Pick<SetupClients, 'ec2' | 's3' | 'iam'> & { setup: Pick<SetupConfig, 'owner' | 'region'> }

/** Everything that bears the set-up's tag in this region, as AWS lists it, in the order in which it can be removed. */
export async function findSetup(where: Where): Promise<SetupResource[]> {
  const owned = findResources(where.ec2, where.setup.owner)
  const templates = findSetupTemplates(where.ec2, where.setup)
  const parts = [buckets, profiles, roles, subnets, routeTables, gateways, vpcs].map((find) => find(where))
  const [first, more, all] = await Promise.all([owned, templates, Promise.all(parts)])
  const known = new Set(first.map(({ id }) => id))
  return [
    ...first.map(({ kind, id }) => ({ kind, id })),
    ...more.filter((id) => !known.has(id)).map((id) => ({ kind: 'launch template' as const, id })),
    ...SETUP_KINDS.flatMap((kind, index) => (all[index] ?? []).map((id) => ({ kind, id }))),
  ]
}

async function buckets({ s3, setup }: Where): Promise<string[]> {
  const { owner, region } = setup
  const found: string[] = []
  const name = new RegExp(`^${bucketStem(owner)}\\d+-${region}$`)
  for await (const { Buckets = [] } of paginateListBuckets({ client: s3 }, { Prefix: bucketStem(owner) })) {
    for (const { Name = '' } of Buckets) {
      if (!name.test(Name)) continue
      if (isPart(await bucketTags({ s3 }, Name), owner, 'bucket')) found.push(Name)
    }
  }
  return found
}

async function roles({ iam, setup }: Where): Promise<string[]> {
  const found: string[] = []
  for await (const { Roles = [] } of paginateListRoles({ client: iam }, { PathPrefix: IAM_PATH })) {
    for (const { RoleName = '' } of Roles) {
      if (!RoleName.endsWith(`-${setup.region}`)) continue
      const { Tags } = await iam.send(new ListRoleTagsCommand({ RoleName }))
      if (isPart(Tags, setup.owner, 'role')) found.push(RoleName)
    }
  }
  return found
}

async function profiles({ iam, setup }: Where): Promise<string[]> {
  const found: string[] = []
  for await (const page of paginateListInstanceProfiles({ client: iam }, { PathPrefix: IAM_PATH })) {
    for (const { InstanceProfileName = '' } of page.InstanceProfiles ?? []) {
      if (!InstanceProfileName.endsWith(`-${setup.region}`)) continue
      // A list shows no tags.
      const { InstanceProfile } = await iam.send(new GetInstanceProfileCommand({ InstanceProfileName }))
      if (isPart(InstanceProfile?.Tags, setup.owner, 'profile')) found.push(InstanceProfileName)
    }
  }
  return found
}

const asked = ({ setup }: Where) => ({ Filters: partFilter(setup.owner) })

async function subnets(where: Where): Promise<string[]> {
  const found: string[] = []
  for await (const { Subnets = [] } of paginateDescribeSubnets({ client: where.ec2 }, asked(where)))
    for (const { SubnetId = '', Tags } of Subnets) if (isPart(Tags, where.setup.owner)) found.push(SubnetId)
  return found
}

async function routeTables(where: Where): Promise<string[]> {
  const found: string[] = []
  for await (const { RouteTables = [] } of paginateDescribeRouteTables({ client: where.ec2 }, asked(where)))
    for (const { RouteTableId = '', Tags } of RouteTables)
      if (isPart(Tags, where.setup.owner)) found.push(RouteTableId)
  return found
}

async function gateways(where: Where): Promise<string[]> {
  const found: string[] = []
  for await (const page of paginateDescribeInternetGateways({ client: where.ec2 }, asked(where)))
    for (const { InternetGatewayId = '', Tags } of page.InternetGateways ?? [])
      if (isPart(Tags, where.setup.owner)) found.push(InternetGatewayId)
  return found
}

export async function vpcs(where: Pick<Where, 'ec2' | 'setup'>): Promise<string[]> {
  const found: string[] = []
  const Filters = partFilter(where.setup.owner)
  for await (const { Vpcs = [] } of paginateDescribeVpcs({ client: where.ec2 }, { Filters }))
    for (const { VpcId = '', Tags } of Vpcs) if (isPart(Tags, where.setup.owner)) found.push(VpcId)
  return found
}
