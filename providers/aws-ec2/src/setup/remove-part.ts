import {
  DeleteInternetGatewayCommand,
  DeleteRouteTableCommand,
  DeleteSubnetCommand,
  DeleteVpcCommand,
  DescribeInternetGatewaysCommand,
  DescribeRouteTablesCommand,
  DetachInternetGatewayCommand,
  DisassociateRouteTableCommand,
} from '@aws-sdk/client-ec2'
import {
  DeleteInstanceProfileCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetInstanceProfileCommand,
  type IAMClient,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  RemoveRoleFromInstanceProfileCommand,
} from '@aws-sdk/client-iam'
import { codeAs, errorName } from '../map-error.ts'
import { removeResource } from '../sweep/remove-resource.ts'
import type { SetupResource } from './find-setup.ts'
import { removeBucket } from './remove-bucket.ts'
import type { SetupClients } from './setup-clients.ts'

const GONE = /NotFound(Exception)?$|^NoSuchEntity/
const HELD = /^(DependencyViolation|DeleteConflict.*|ConcurrentModification.*|Resource\.InUse)$/

export interface Removal extends Pick<SetupClients, 'ec2' | 's3' | 'iam'> {
  withBlobs: boolean
}

/** `later`: something that goes still holds it. Gone already is removed. */
export async function removePart(removal: Removal, one: SetupResource): Promise<'removed' | 'later'> {
  try {
    return (await codeAs(remove(removal, one), GONE, null)) ?? 'removed'
  } catch (thrown) {
    if (HELD.test(errorName(thrown))) return 'later'
    throw thrown
  }
}

async function remove(removal: Removal, { kind, id }: SetupResource): Promise<'removed' | 'later'> {
  const { ec2, s3, iam, withBlobs } = removal
  switch (kind) {
    case 'bucket':
      await removeBucket(s3, id, withBlobs)
      return 'removed'
    case 'instance profile':
      await removeProfile(iam, id)
      return 'removed'
    case 'role':
      await removeRole(iam, id)
      return 'removed'
    case 'subnet':
      await ec2.send(new DeleteSubnetCommand({ SubnetId: id }))
      return 'removed'
    case 'route table':
      await removeRouteTable(removal, id)
      return 'removed'
    case 'internet gateway':
      await removeGateway(removal, id)
      return 'removed'
    case 'VPC':
      await ec2.send(new DeleteVpcCommand({ VpcId: id }))
      return 'removed'
    default:
      return removeResource(ec2, { kind, id })
  }
}

async function removeProfile(iam: IAMClient, InstanceProfileName: string): Promise<void> {
  const { InstanceProfile } = await iam.send(new GetInstanceProfileCommand({ InstanceProfileName }))
  for (const { RoleName } of InstanceProfile?.Roles ?? [])
    await iam.send(new RemoveRoleFromInstanceProfileCommand({ InstanceProfileName, RoleName }))
  await iam.send(new DeleteInstanceProfileCommand({ InstanceProfileName }))
}

async function removeRole(iam: IAMClient, RoleName: string): Promise<void> {
  const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }))
  for (const PolicyName of PolicyNames) await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName }))
  const { AttachedPolicies = [] } = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName }))
  for (const { PolicyArn } of AttachedPolicies)
    await iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn }))
  await iam.send(new DeleteRoleCommand({ RoleName }))
}

async function removeGateway({ ec2 }: Pick<Removal, 'ec2'>, InternetGatewayId: string): Promise<void> {
  const asked = new DescribeInternetGatewaysCommand({ InternetGatewayIds: [InternetGatewayId] })
  const { InternetGateways: [found] = [] } = await ec2.send(asked)
  for (const { VpcId } of found?.Attachments ?? [])
    await ec2.send(new DetachInternetGatewayCommand({ InternetGatewayId, VpcId }))
  await ec2.send(new DeleteInternetGatewayCommand({ InternetGatewayId }))
}

async function removeRouteTable({ ec2 }: Pick<Removal, 'ec2'>, RouteTableId: string): Promise<void> {
  const asked = new DescribeRouteTablesCommand({ RouteTableIds: [RouteTableId] })
  const { RouteTables: [found] = [] } = await ec2.send(asked)
  for (const { RouteTableAssociationId: AssociationId } of found?.Associations ?? [])
    await codeAs(ec2.send(new DisassociateRouteTableCommand({ AssociationId })), GONE, null)
  await ec2.send(new DeleteRouteTableCommand({ RouteTableId }))
}
