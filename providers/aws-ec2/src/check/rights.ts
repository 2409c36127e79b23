import {
  AuthorizeSecurityGroupEgressCommand,
  CancelSpotInstanceRequestsCommand,
  CreateLaunchTemplateCommand,
  CreateSecurityGroupCommand,
  CreateTagsCommand,
  DeleteLaunchTemplateCommand,
  DeleteNetworkInterfaceCommand,
  DeleteSecurityGroupCommand,
  DeleteVolumeCommand,
  DescribeInstancesCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeInstanceTypesCommand,
  DescribeLaunchTemplatesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSpotInstanceRequestsCommand,
  DescribeSpotPriceHistoryCommand,
  DescribeSubnetsCommand,
  DescribeVolumesCommand,
  type EC2Client,
  GetConsoleOutputCommand,
  RevokeSecurityGroupEgressCommand,
  RunInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import type { CheckedEc2Config } from '../config.ts'
import { runRequest } from '../instances/run-request.ts'
import { ownerTags } from '../machine-tags.ts'
import { launchTemplate } from '../resources/launch-template.ts'
import type { ZoneSubnet } from '../resources/subnets.ts'

/** Ours, to ask about: EC2 tells rights on a thing only of a thing that is there. Undefined: there is none. */
export interface Specimens {
  instance?: string | undefined
  volume?: string | undefined
  networkInterface?: string | undefined
  spotRequest?: string | undefined
  template?: string | undefined
  group?: string | undefined
}

export interface Right {
  action: string
  /** Of policy/platform.json. */
  sid: string
  /** Asks without doing. Null: there is nothing of ours yet to ask about. */
  ask: (() => Promise<unknown>) | null
}

const DryRun = true

/** Every right that the adapter uses, each with the call that asks for it. */
export function rightsOf(
  ec2: EC2Client,
  config: CheckedEc2Config,
  subnet: ZoneSubnet | undefined,
  specimens: Specimens,
): Right[] {
  return [...looks(ec2), ...makes(ec2, config, subnet), ...changes(ec2, config, specimens)]
}

function looks(ec2: EC2Client): Right[] {
  const look = (action: string, ask: () => Promise<unknown>): Right => ({ action, sid: 'Look', ask })
  return [
    look('DescribeInstances', () => ec2.send(new DescribeInstancesCommand({ DryRun }))),
    look('DescribeInstanceTypes', () => ec2.send(new DescribeInstanceTypesCommand({ DryRun }))),
    look('DescribeInstanceTypeOfferings', () =>
      ec2.send(new DescribeInstanceTypeOfferingsCommand({ DryRun })),
    ),
    look('DescribeSpotPriceHistory', () => ec2.send(new DescribeSpotPriceHistoryCommand({ DryRun }))),
    look('DescribeSubnets', () => ec2.send(new DescribeSubnetsCommand({ DryRun }))),
    look('DescribeSecurityGroups', () => ec2.send(new DescribeSecurityGroupsCommand({ DryRun }))),
    look('DescribeLaunchTemplates', () => ec2.send(new DescribeLaunchTemplatesCommand({ DryRun }))),
    look('DescribeVolumes', () => ec2.send(new DescribeVolumesCommand({ DryRun }))),
    look('DescribeNetworkInterfaces', () => ec2.send(new DescribeNetworkInterfacesCommand({ DryRun }))),
    look('DescribeSpotInstanceRequests', () => ec2.send(new DescribeSpotInstanceRequestsCommand({ DryRun }))),
  ]
}

function makes(ec2: EC2Client, config: CheckedEc2Config, subnet: ZoneSubnet | undefined): Right[] {
  const Tags = ownerTags(config.owner, config.tags)
  const { name, data } = launchTemplate(config)
  const template = new CreateLaunchTemplateCommand({
    ...{ DryRun, LaunchTemplateName: `${name}-check`, LaunchTemplateData: data },
    TagSpecifications: [{ ResourceType: 'launch-template', Tags }],
  })
  const group = new CreateSecurityGroupCommand({
    ...{ DryRun, GroupName: `${name}-check`, Description: 'a question', VpcId: subnet?.vpc },
    TagSpecifications: [{ ResourceType: 'security-group', Tags }],
  })
  const made = (action: string, ask: Right['ask']): Right => ({ action, sid: 'LaunchOnlyTagged', ask })
  return [
    made('CreateLaunchTemplate', () => ec2.send(template)),
    made('CreateSecurityGroup', subnet ? () => ec2.send(group) : null),
    made('RunInstances', subnet ? () => ec2.send(new RunInstancesCommand(dryLaunch(config, subnet))) : null),
  ]
}

/** A launch as it would be, but for the template, which may not be there yet: its content instead of its name. */
function dryLaunch(config: CheckedEc2Config, subnet: ZoneSubnet) {
  const [size = '', chosen] = Object.entries(config.sizes)[0] ?? []
  const spec = { id: 'check', size, zone: null, env: {} }
  const parts = { config, spec, size: chosen!, fingerprint: 'check', template: '', userData: '' }
  const groups = config.securityGroups ?? []
  const {
    LaunchTemplate: _,
    UserData: __,
    ClientToken: ___,
    ...request
  } = runRequest({ ...parts, groups }, { ...subnet, type: chosen?.types[0] ?? '' })
  return { ...request, DryRun, ImageId: config.image }
}

function changes(ec2: EC2Client, { owner }: CheckedEc2Config, has: Specimens): Right[] {
  const change = <T>(
    action: string,
    one: T | undefined,
    ask: (one: T) => Promise<unknown>,
    sid = 'ChangeOwn',
  ): Right => ({
    ...{ action, sid, ask: one === undefined ? null : () => ask(one) },
  })
  const Tags = ownerTags(owner, {})
  const IpPermissions = [
    { IpProtocol: 'tcp', FromPort: 9, ToPort: 9, IpRanges: [{ CidrIp: '192.0.2.0/24' }] },
  ]
  return [
    change('CreateTags', has.instance, (id) =>
      ec2.send(new CreateTagsCommand({ DryRun, Resources: [id], Tags })),
    ),
    change('StartInstances', has.instance, (id) =>
      ec2.send(new StartInstancesCommand({ DryRun, InstanceIds: [id] })),
    ),
    change('StopInstances', has.instance, (id) =>
      ec2.send(new StopInstancesCommand({ DryRun, InstanceIds: [id] })),
    ),
    change('TerminateInstances', has.instance, (id) =>
      ec2.send(new TerminateInstancesCommand({ DryRun, InstanceIds: [id] })),
    ),
    change(
      'GetConsoleOutput',
      has.instance,
      (InstanceId) => ec2.send(new GetConsoleOutputCommand({ DryRun, InstanceId })),
      'ReadConsole',
    ),
    change('CancelSpotInstanceRequests', has.spotRequest, (id) =>
      ec2.send(new CancelSpotInstanceRequestsCommand({ DryRun, SpotInstanceRequestIds: [id] })),
    ),
    change('DeleteVolume', has.volume, (VolumeId) => ec2.send(new DeleteVolumeCommand({ DryRun, VolumeId }))),
    change('DeleteNetworkInterface', has.networkInterface, (NetworkInterfaceId) =>
      ec2.send(new DeleteNetworkInterfaceCommand({ DryRun, NetworkInterfaceId })),
    ),
    change('DeleteLaunchTemplate', has.template, (LaunchTemplateId) =>
      ec2.send(new DeleteLaunchTemplateCommand({ DryRun, LaunchTemplateId })),
    ),
    change('DeleteSecurityGroup', has.group, (GroupId) =>
      ec2.send(new DeleteSecurityGroupCommand({ DryRun, GroupId })),
    ),
    change('AuthorizeSecurityGroupEgress', has.group, (GroupId) =>
      ec2.send(new AuthorizeSecurityGroupEgressCommand({ DryRun, GroupId, IpPermissions })),
    ),
    change('RevokeSecurityGroupEgress', has.group, (GroupId) =>
      ec2.send(new RevokeSecurityGroupEgressCommand({ DryRun, GroupId, IpPermissions })),
    ),
  ]
}
