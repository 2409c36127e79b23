import type { Cloud } from '../cloud/cloud.ts'
import type { SecurityGroup } from '../cloud/model.ts'
import { action } from '../protocol/action.ts'
import { Ec2Error } from '../protocol/ec2-error.ts'
import { filtered } from '../protocol/filters.ts'
import { pageOf } from '../protocol/paging.ts'
import { filters, many, paging, tagSpecifications, text } from '../protocol/parameters.ts'
import type { XmlTree } from '../protocol/xml.ts'
import { GROUP_OF_RULES, permissionsOf, permissionsXml, ruleXml, samePermission } from './permissions.ts'
import { needsTagging, tagSet, tagsAtCreation } from './tags.ts'

const CreateSecurityGroup = action(
  { GroupName: text, GroupDescription: text, VpcId: text.optional(), TagSpecification: tagSpecifications },
  (cloud, parameters) => {
    const { GroupName: name, GroupDescription: description } = parameters
    const vpc = parameters.VpcId
      ? cloud.vpcs.need(parameters.VpcId)
      : cloud.vpcs.every().find(({ isDefault }) => isDefault)
    if (!vpc) throw new Ec2Error('VPCIdNotSpecified', 'No default VPC for this user')
    if (name.startsWith('sg-') || name === 'default' || name.length > 255) {
      throw new Ec2Error('InvalidParameterValue', `Invalid security group name '${name}'`)
    }
    if (cloud.groups.every().some((one) => one.name === name && one.vpcId === vpc.id)) {
      const why = `The security group '${name}' already exists for VPC '${vpc.id}'`
      throw new Ec2Error('InvalidGroup.Duplicate', why)
    }
    const made = cloud.add(cloud.groups, {
      ...cloud.born('securityGroup', tagsAtCreation(parameters.TagSpecification, 'security-group')),
      name,
      description,
      vpcId: vpc.id,
      ingress: [],
      egress: [{ ipProtocol: '-1', cidr: '0.0.0.0/0', ruleId: `sgr-${cloud.newId()}` }],
    })
    return { return: true, groupId: made.id, tagSet: tagSet(made.tags), securityGroupArn: arnOf(cloud, made) }
  },
  needsTagging,
)

const DescribeSecurityGroups = action(
  { GroupId: many(text), GroupName: many(text), Filter: filters, ...paging },
  (cloud, parameters) => {
    const { GroupId: ids, GroupName: names } = parameters
    const byName = names.map((name) => groupNamed(cloud, name))
    const chosen = ids.length + names.length > 0 ? [...cloud.groups.needAll(ids), ...byName] : null
    const found = filtered(chosen ?? cloud.groups.seen(), parameters.Filter, {
      'group-id': ({ id }) => id,
      'group-name': ({ name }) => name,
      'vpc-id': ({ vpcId }) => vpcId,
      description: ({ description }) => description,
      'owner-id': () => cloud.options.accountId,
    })
    const scope = `DescribeSecurityGroups${JSON.stringify(parameters.Filter)}`
    const { page, nextToken } = pageOf(found, parameters, scope)
    return { securityGroupInfo: page.map((one) => groupXml(cloud, one)), nextToken }
  },
)

function groupNamed(cloud: Cloud, name: string): SecurityGroup {
  const vpc = cloud.vpcs.every().find(({ isDefault }) => isDefault)
  const found = cloud.groups.seen().find((one) => one.name === name && one.vpcId === vpc?.id)
  if (found) return found
  throw new Ec2Error('InvalidGroup.NotFound', `The security group '${name}' does not exist in default VPC`)
}

function authorize(direction: 'ingress' | 'egress') {
  return action(GROUP_OF_RULES, (cloud, parameters) => {
    const one = groupOf(cloud, parameters)
    const rules = permissionsOf(cloud, parameters).map((rule) => ({
      ...rule,
      ruleId: `sgr-${cloud.newId()}`,
    }))
    const double = rules.find((rule) => one[direction].some((own) => samePermission(own, rule)))
    if (double) {
      const why = `the specified rule "peer: ${double.cidr ?? double.groupId ?? double.cidrV6}, ${double.ipProtocol}, from port: ${double.fromPort}, to port: ${double.toPort}, ALLOW" already exists`
      throw new Ec2Error('InvalidPermission.Duplicate', why)
    }
    one[direction].push(...rules)
    const shown = rules.map((rule) => ruleXml(cloud, one, rule, direction === 'egress'))
    return { return: true, securityGroupRuleSet: shown }
  })
}

function revoke(direction: 'ingress' | 'egress') {
  return action({ ...GROUP_OF_RULES, SecurityGroupRuleId: many(text) }, (cloud, parameters) => {
    const one = groupOf(cloud, parameters)
    const rules = permissionsOf(cloud, parameters)
    const ids = parameters.SecurityGroupRuleId
    const goes = one[direction].filter(
      (own) => ids.includes(own.ruleId) || rules.some((rule) => samePermission(own, rule)),
    )
    if (goes.length < rules.length + ids.length) {
      throw new Ec2Error(
        'InvalidPermission.NotFound',
        'The specified rule does not exist in this security group.',
      )
    }
    one[direction] = one[direction].filter((own) => !goes.includes(own))
    return { return: true }
  })
}

function groupOf(cloud: Cloud, parameters: { GroupId?: string | undefined; GroupName?: string | undefined }) {
  if (parameters.GroupId) return cloud.groups.need(parameters.GroupId)
  if (parameters.GroupName) return groupNamed(cloud, parameters.GroupName)
  throw new Ec2Error('MissingParameter', 'Either GroupId or GroupName must be given')
}

const DeleteSecurityGroup = action(
  { GroupId: text.optional(), GroupName: text.optional() },
  (cloud, parameters) => {
    const one = groupOf(cloud, parameters)
    if (one.name === 'default') {
      throw new Ec2Error(
        'CannotDelete',
        `the specified group: "${one.id}" name: "default" cannot be deleted by a user`,
      )
    }
    const worn = cloud.interfaces.every().some(({ groupIds }) => groupIds.includes(one.id))
    const named = cloud.groups
      .every()
      .some(
        (other) =>
          other !== one && [...other.ingress, ...other.egress].some(({ groupId }) => groupId === one.id),
      )
    if (worn || named) {
      throw new Ec2Error('DependencyViolation', `resource ${one.id} has a dependent object`)
    }
    cloud.groups.drop(one.id)
    return { return: true, groupId: one.id }
  },
)

const arnOf = (cloud: Cloud, one: SecurityGroup): string =>
  `arn:aws:ec2:${cloud.options.region}:${cloud.options.accountId}:security-group/${one.id}`

function groupXml(cloud: Cloud, one: SecurityGroup): XmlTree {
  return {
    ownerId: cloud.options.accountId,
    groupId: one.id,
    groupName: one.name,
    groupDescription: one.description,
    vpcId: one.vpcId,
    securityGroupArn: arnOf(cloud, one),
    ipPermissions: permissionsXml(cloud, one.ingress),
    ipPermissionsEgress: permissionsXml(cloud, one.egress),
    tagSet: tagSet(one.tags),
  }
}

export const securityGroupActions = {
  CreateSecurityGroup,
  DescribeSecurityGroups,
  AuthorizeSecurityGroupIngress: authorize('ingress'),
  AuthorizeSecurityGroupEgress: authorize('egress'),
  RevokeSecurityGroupIngress: revoke('ingress'),
  RevokeSecurityGroupEgress: revoke('egress'),
  DeleteSecurityGroup,
}
