import {
  AssociateRouteTableCommand,
  AttachInternetGatewayCommand,
  CreateInternetGatewayCommand,
  CreateRouteCommand,
  CreateRouteTableCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DescribeInternetGatewaysCommand,
  DescribeRouteTablesCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  type InternetGateway,
  paginateDescribeInstanceTypeOfferings,
  type RouteTable,
  type Subnet,
  type Vpc,
} from '@aws-sdk/client-ec2'
import { PlatformError } from '@openzimki/core'
import { codeAs } from '../map-error.ts'
import { ensure, type SetupRun, settled } from './ensure.ts'
import { isPart, partFilters, partSpecification } from './setup-names.ts'

const VPC_CIDR = '10.83.0.0/16'
const SUBNETS = [
  { part: 'subnet-1', cidr: '10.83.0.0/20' },
  { part: 'subnet-2', cidr: '10.83.16.0/20' },
] as const
const ANYWHERE = '0.0.0.0/0'
const DONE_ALREADY = /^(Resource\.AlreadyAssociated|RouteAlreadyExists)$/

export interface Network {
  vpc: string
  account: string
  /** One in each of two zones. */
  subnets: string[]
}

/** A VPC with a public subnet in each of two zones. */
export async function ensureNetwork(run: SetupRun): Promise<Network> {
  const { VpcId: vpc = '', OwnerId: account = '' } = await ensureVpc(run)
  const subnets = await ensureSubnets(run, vpc)
  const gateway = await ensureGateway(run, vpc)
  await ensureRoutes(run, { vpc, gateway, subnets })
  return { vpc, account, subnets }
}

function ensureVpc({ ...run }: SetupRun): Promise<Vpc> {
  const { ec2, once, setup } = run
  return ensure(run, {
    name: 'VPC',
    find: async () => {
      const { Vpcs = [] } = await ec2.send(
        new DescribeVpcsCommand({ Filters: partFilters(setup.owner, 'vpc') }),
      )
      return first(
        Vpcs.filter(({ Tags }) => isPart(Tags, setup.owner, 'vpc')),
        ({ VpcId }) => VpcId,
      )
    },
    create: async () => {
      const TagSpecifications = partSpecification(setup, 'vpc', 'vpc')
      const { Vpc: made } = await once.send(new CreateVpcCommand({ CidrBlock: VPC_CIDR, TagSpecifications }))
      return made ?? {}
    },
    idOf: ({ VpcId = '' }) => VpcId,
  })
}

async function ensureSubnets(run: SetupRun, vpc: string): Promise<string[]> {
  const ids: string[] = []
  const taken = new Set<string>()
  for (const { part, cidr } of SUBNETS) {
    const { SubnetId = '', AvailabilityZone = '' } = await ensureSubnet(run, { vpc, part, cidr, taken })
    taken.add(AvailabilityZone)
    ids.push(SubnetId)
  }
  return ids
}

interface WantedSubnet {
  vpc: string
  part: (typeof SUBNETS)[number]['part']
  cidr: string
  /** Zones that have a subnet. */
  taken: ReadonlySet<string>
}

function ensureSubnet(run: SetupRun, { vpc, part, cidr, taken }: WantedSubnet): Promise<Subnet> {
  const { ec2, once, setup } = run
  return ensure(run, {
    name: part,
    find: async () => {
      const Filters = [...partFilters(setup.owner, part), { Name: 'vpc-id', Values: [vpc] }]
      const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({ Filters }))
      return first(
        Subnets.filter(({ Tags }) => isPart(Tags, setup.owner, part)),
        ({ SubnetId }) => SubnetId,
      )
    },
    create: async () => {
      const TagSpecifications = partSpecification(setup, part, 'subnet')
      const AvailabilityZone = await chooseZone(run, taken)
      const create = new CreateSubnetCommand({
        VpcId: vpc,
        CidrBlock: cidr,
        AvailabilityZone,
        TagSpecifications,
      })
      return (await once.send(create)).Subnet ?? {}
    },
    idOf: ({ SubnetId = '', AvailabilityZone = '' }) => `${SubnetId} in ${AvailabilityZone}`,
  })
}

/** Of those that are free, the one where most types of machines can be had. */
async function chooseZone({ ec2, setup }: SetupRun, taken: ReadonlySet<string>): Promise<string> {
  const types = [...new Set(Object.values(setup.sizes).flatMap((size) => size.types))]
  const asked = {
    LocationType: 'availability-zone' as const,
    Filters: [{ Name: 'instance-type', Values: types }],
  }
  const counts = new Map<string, number>()
  for await (const page of paginateDescribeInstanceTypeOfferings({ client: ec2 }, asked))
    for (const { Location = '' } of page.InstanceTypeOfferings ?? [])
      if (!taken.has(Location)) counts.set(Location, (counts.get(Location) ?? 0) + 1)
  const [best] = [...counts].toSorted(([a, many], [b, more]) => more - many || (a < b ? -1 : 1))
  if (best) return best[0]
  const why = taken.size > 0 ? 'no second zone' : 'no zone'
  throw new PlatformError(
    'INVALID_ARGUMENT',
    `aws setup: ${setup.region} has ${why} with ${types.join(', ')}: name other types in \`sizes\`, or another region`,
  )
}

async function ensureGateway(run: SetupRun, vpc: string): Promise<string> {
  const { ec2, once, setup } = run
  const found = await ensure<InternetGateway>(run, {
    name: 'internet gateway',
    find: async () => {
      const Filters = partFilters(setup.owner, 'gateway')
      const { InternetGateways = [] } = await ec2.send(new DescribeInternetGatewaysCommand({ Filters }))
      const mine = InternetGateways.filter(({ Tags }) => isPart(Tags, setup.owner, 'gateway'))
      const used = mine.filter(({ Attachments = [] }) => Attachments.some(({ VpcId }) => VpcId === vpc))
      return used[0] ?? first(mine, ({ InternetGatewayId }) => InternetGatewayId)
    },
    create: async () => {
      const TagSpecifications = partSpecification(setup, 'gateway', 'internet-gateway')
      return (await once.send(new CreateInternetGatewayCommand({ TagSpecifications }))).InternetGateway ?? {}
    },
    idOf: ({ InternetGatewayId = '' }) => InternetGatewayId,
  })
  const { InternetGatewayId = '', Attachments = [] } = found
  if (Attachments.some(({ VpcId }) => VpcId === vpc)) return InternetGatewayId
  const attach = new AttachInternetGatewayCommand({ InternetGatewayId, VpcId: vpc })
  await settled(run, () => codeAs(ec2.send(attach), DONE_ALREADY, null))
  return InternetGatewayId
}

interface WantedRoutes {
  vpc: string
  gateway: string
  subnets: readonly string[]
}

async function ensureRoutes(run: SetupRun, { vpc, gateway, subnets }: WantedRoutes): Promise<void> {
  const { ec2, setup } = run
  const { RouteTableId = '', Routes = [], Associations = [] } = await ensureRouteTable(run, vpc)
  if (!Routes.some(({ DestinationCidrBlock }) => DestinationCidrBlock === ANYWHERE)) {
    const out = { RouteTableId, DestinationCidrBlock: ANYWHERE, GatewayId: gateway }
    await settled(run, () => codeAs(ec2.send(new CreateRouteCommand(out)), DONE_ALREADY, null))
    run.print(`route of ${setup.owner} to the internet made`)
  }
  for (const SubnetId of subnets) {
    if (Associations.some((one) => one.SubnetId === SubnetId)) continue
    const associate = new AssociateRouteTableCommand({ RouteTableId, SubnetId })
    await settled(run, () => codeAs(ec2.send(associate), DONE_ALREADY, null))
  }
}

function ensureRouteTable(run: SetupRun, vpc: string): Promise<RouteTable> {
  const { ec2, once, setup } = run
  return ensure(run, {
    name: 'route table',
    find: async () => {
      const Filters = [...partFilters(setup.owner, 'routes'), { Name: 'vpc-id', Values: [vpc] }]
      const { RouteTables = [] } = await ec2.send(new DescribeRouteTablesCommand({ Filters }))
      const mine = RouteTables.filter(({ Tags }) => isPart(Tags, setup.owner, 'routes'))
      return first(mine, ({ RouteTableId }) => RouteTableId)
    },
    create: async () => {
      const TagSpecifications = partSpecification(setup, 'routes', 'route-table')
      return (
        (await once.send(new CreateRouteTableCommand({ VpcId: vpc, TagSpecifications }))).RouteTable ?? {}
      )
    },
    idOf: ({ RouteTableId = '' }) => RouteTableId,
  })
}

/** Should there be two after all, all runs take the same. */
function first<T>(all: readonly T[], idOf: (one: T) => string | undefined): T | undefined {
  return all.toSorted((a, b) => ((idOf(a) ?? '') < (idOf(b) ?? '') ? -1 : 1))[0]
}
