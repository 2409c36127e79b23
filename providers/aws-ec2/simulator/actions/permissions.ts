import type { Cloud } from '../cloud/cloud.ts'
import type { Permission, SecurityGroup } from '../cloud/model.ts'
import { Ec2Error } from '../protocol/ec2-error.ts'
import { group, many, tagSpecifications, text, whole } from '../protocol/parameters.ts'
import type { XmlTree } from '../protocol/xml.ts'

const description = { Description: text.optional() }
const permission = group({
  IpProtocol: text,
  FromPort: whole.optional(),
  ToPort: whole.optional(),
  IpRanges: many(group({ CidrIp: text, ...description })),
  Ipv6Ranges: many(group({ CidrIpv6: text, ...description })),
  Groups: many(group({ GroupId: text, UserId: text.optional(), VpcId: text.optional(), ...description })),
})

/** A group and rules of it: in the long form, or one rule in the short form. */
export const GROUP_OF_RULES = {
  GroupId: text.optional(),
  GroupName: text.optional(),
  IpPermissions: many(permission),
  IpProtocol: text.optional(),
  FromPort: whole.optional(),
  ToPort: whole.optional(),
  CidrIp: text.optional(),
  TagSpecification: tagSpecifications,
}

interface Given {
  IpPermissions: ReturnType<typeof permission.parse>[]
  IpProtocol?: string | undefined
  FromPort?: number | undefined
  ToPort?: number | undefined
  CidrIp?: string | undefined
}

/** One rule for each source or destination; what is wrong with them is said before anything is changed. */
export function permissionsOf(cloud: Cloud, given: Given): Permission[] {
  const short: Permission[] = given.IpProtocol
    ? [{ ipProtocol: given.IpProtocol, fromPort: given.FromPort, toPort: given.ToPort, cidr: given.CidrIp }]
    : []
  const long = given.IpPermissions.flatMap((one): Permission[] => {
    const base = { ipProtocol: one.IpProtocol, fromPort: one.FromPort, toPort: one.ToPort }
    return [
      ...one.IpRanges.map((range) => ({ ...base, cidr: range.CidrIp, description: range.Description })),
      ...one.Ipv6Ranges.map((range) => ({ ...base, cidrV6: range.CidrIpv6, description: range.Description })),
      ...one.Groups.map((peer) => ({ ...base, groupId: peer.GroupId, description: peer.Description })),
    ]
  })
  const all = [...short, ...long]
  for (const one of all) check(cloud, one)
  return all
}

function check(cloud: Cloud, one: Permission): void {
  if (one.groupId !== undefined) cloud.groups.need(one.groupId)
  if (one.cidr !== undefined && !/^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/.test(one.cidr)) {
    throw new Ec2Error('InvalidParameterValue', `CIDR block ${one.cidr} is malformed`)
  }
  if (!['-1', 'tcp', 'udp', 'icmp', 'icmpv6', '6', '17', '1', '58'].includes(one.ipProtocol)) {
    throw new Ec2Error('InvalidParameterValue', `Invalid value '${one.ipProtocol}' for IP protocol.`)
  }
  if (one.ipProtocol === '-1') return
  if (one.fromPort === undefined || one.toPort === undefined) {
    throw new Ec2Error(
      'InvalidParameterValue',
      'Invalid value for portRange. Must specify both from and to ports with TCP/UDP.',
    )
  }
}

export const samePermission = (a: Permission, b: Permission): boolean =>
  a.ipProtocol === b.ipProtocol &&
  (a.ipProtocol === '-1' || (a.fromPort === b.fromPort && a.toPort === b.toPort)) &&
  a.cidr === b.cidr &&
  a.cidrV6 === b.cidrV6 &&
  a.groupId === b.groupId

/** As DescribeSecurityGroups shows them: together by protocol and ports. */
export function permissionsXml(cloud: Cloud, all: Permission[]): XmlTree {
  const together = Map.groupBy(
    all,
    ({ ipProtocol, fromPort, toPort }) => `${ipProtocol}:${fromPort}:${toPort}`,
  )
  return [...together.values()].map((rules) => ({
    ipProtocol: rules[0]?.ipProtocol,
    fromPort: rules[0]?.fromPort,
    toPort: rules[0]?.toPort,
    groups: rules.flatMap((one) =>
      one.groupId
        ? [{ userId: cloud.options.accountId, groupId: one.groupId, description: one.description }]
        : [],
    ),
    ipRanges: rules.flatMap((one) => (one.cidr ? [{ cidrIp: one.cidr, description: one.description }] : [])),
    ipv6Ranges: rules.flatMap((one) =>
      one.cidrV6 ? [{ cidrIpv6: one.cidrV6, description: one.description }] : [],
    ),
    prefixListIds: [],
  }))
}

export function ruleXml(
  cloud: Cloud,
  owner: SecurityGroup,
  rule: Permission & { ruleId: string },
  isEgress: boolean,
): XmlTree {
  const { accountId } = cloud.options
  return {
    securityGroupRuleId: rule.ruleId,
    groupId: owner.id,
    groupOwnerId: accountId,
    isEgress,
    ipProtocol: rule.ipProtocol,
    fromPort: rule.fromPort ?? -1,
    toPort: rule.toPort ?? -1,
    cidrIpv4: rule.cidr,
    cidrIpv6: rule.cidrV6,
    referencedGroupInfo: rule.groupId ? { groupId: rule.groupId, userId: accountId } : undefined,
    description: rule.description,
  }
}
