import {
  AuthorizeSecurityGroupEgressCommand,
  CreateSecurityGroupCommand,
  type EC2Client,
  type IpPermission,
  paginateDescribeSecurityGroups,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
  type SecurityGroup,
} from '@aws-sdk/client-ec2'
import { PlatformError } from '@openzimki/core'
import type { CheckedEc2Config, EgressRule } from '../config.ts'
import { ownerFilter, ownerPrefix, ownerTags } from '../machine-tags.ts'
import { codeAs } from '../map-error.ts'

const DUPLICATE_GROUP = /^InvalidGroup\.Duplicate$/
const DUPLICATE_RULE = /^InvalidPermission\.Duplicate$/
const NO_RULE = /^InvalidPermission\.NotFound$/

type GroupSettings = Pick<CheckedEc2Config, 'owner' | 'tags' | 'egress'>

/**
 * The id of the owner's own group in this VPC, made where there is none, with the rules as configured and no other, whoever was interrupted
 * while making it. Nothing comes in. INVALID_ARGUMENT: a group that is not ours has its name.
 */
export async function ensureSecurityGroup(
  ec2: EC2Client,
  config: GroupSettings,
  vpc: string,
): Promise<string> {
  const found = (await findGroup(ec2, config.owner, vpc)) ?? (await createGroup(ec2, config, vpc))
  await mendRules(ec2, found, config.egress)
  return found.GroupId ?? ''
}

export async function findGroup(
  ec2: EC2Client,
  owner: string,
  vpc: string,
): Promise<SecurityGroup | undefined> {
  const filters = [
    ownerFilter(owner),
    { Name: 'group-name', Values: [ownerPrefix(owner)] },
    { Name: 'vpc-id', Values: [vpc] },
  ]
  for await (const { SecurityGroups = [] } of paginateDescribeSecurityGroups(
    { client: ec2 },
    { Filters: filters },
  ))
    if (SecurityGroups[0]) return SecurityGroups[0]
  return undefined
}

async function createGroup(
  ec2: EC2Client,
  { owner, tags }: GroupSettings,
  vpc: string,
): Promise<SecurityGroup> {
  const create = new CreateSecurityGroupCommand({
    GroupName: ownerPrefix(owner),
    Description: `Machines of OpenZimki platform ${owner}: nothing comes in`,
    VpcId: vpc,
    TagSpecifications: [{ ResourceType: 'security-group', Tags: ownerTags(owner, tags) }],
  })
  const made = await codeAs(ec2.send(create), DUPLICATE_GROUP, null)
  const found = await findGroup(ec2, owner, vpc)
  if (found) return found
  // Just made, and not shown yet: with the one rule that EC2 gives to every group.
  if (made?.GroupId) return { GroupId: made.GroupId, IpPermissionsEgress: [ALL_OUT] }
  throw new PlatformError(
    'INVALID_ARGUMENT',
    `aws-ec2 provider: the VPC has a security group ${ownerPrefix(owner)} without our tag: rename or remove it, or name groups in \`securityGroups\``,
  )
}

const ALL_OUT: IpPermission = { IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }

async function mendRules(ec2: EC2Client, group: SecurityGroup, egress: readonly EgressRule[]): Promise<void> {
  const wanted = new Map(egress.map((rule) => [keyOfRule(rule), rule]))
  const there = (group.IpPermissionsEgress ?? []).flatMap(singles)
  const missing = [...wanted].filter(([key]) => !there.some((one) => keyOf(one) === key))
  const extra = there.filter((one) => !wanted.has(keyOf(one)))
  const ingress = (group.IpPermissions ?? []).flatMap(singles)
  const { GroupId } = group
  for (const [, rule] of missing) {
    const authorize = new AuthorizeSecurityGroupEgressCommand({
      GroupId,
      IpPermissions: [permissionOf(rule)],
    })
    await codeAs(ec2.send(authorize), DUPLICATE_RULE, null)
  }
  for (const one of extra) {
    const revoke = new RevokeSecurityGroupEgressCommand({ GroupId, IpPermissions: [one] })
    await codeAs(ec2.send(revoke), NO_RULE, null)
  }
  for (const one of ingress) {
    const revoke = new RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions: [one] })
    await codeAs(ec2.send(revoke), NO_RULE, null)
  }
}

/** One permission for each range, as EC2 counts rules. */
function singles(permission: IpPermission): IpPermission[] {
  const { IpProtocol, FromPort, ToPort, IpRanges = [], Ipv6Ranges = [], UserIdGroupPairs = [] } = permission
  const head = { IpProtocol, FromPort, ToPort }
  return [
    ...IpRanges.map(({ CidrIp }) => ({ ...head, IpRanges: [{ CidrIp }] })),
    ...Ipv6Ranges.map(({ CidrIpv6 }) => ({ ...head, Ipv6Ranges: [{ CidrIpv6 }] })),
    ...UserIdGroupPairs.map(({ GroupId }) => ({ ...head, UserIdGroupPairs: [{ GroupId }] })),
  ]
}

const keyOf = ({ IpProtocol, FromPort, ToPort, IpRanges, Ipv6Ranges, UserIdGroupPairs }: IpPermission) => {
  const to = IpRanges?.[0]?.CidrIp ?? Ipv6Ranges?.[0]?.CidrIpv6 ?? UserIdGroupPairs?.[0]?.GroupId
  return `${IpProtocol} ${FromPort} ${ToPort} ${to}`
}

const keyOfRule = (rule: EgressRule) => keyOf(permissionOf(rule))

function permissionOf({ protocol, fromPort, toPort, cidr }: EgressRule): IpPermission {
  const range = cidr.includes(':') ? { Ipv6Ranges: [{ CidrIpv6: cidr }] } : { IpRanges: [{ CidrIp: cidr }] }
  return { IpProtocol: protocol, FromPort: fromPort, ToPort: toPort, ...range }
}
