import {
  CancelSpotInstanceRequestsCommand,
  DeleteLaunchTemplateCommand,
  DeleteNetworkInterfaceCommand,
  DeleteSecurityGroupCommand,
  DeleteVolumeCommand,
  type EC2Client,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import { codeAs, errorName } from '../map-error.ts'
import type { OwnedResource } from './find-resources.ts'

const GONE = /NotFound(Exception)?$/
/** Something that is on its way out still holds it. */
const IN_USE =
  /^(DependencyViolation|VolumeInUse|InvalidParameterValue|InvalidNetworkInterface\.InUse|InvalidGroup\.InUse)$/

/** `later`: something that goes still holds it; try again. Gone already is removed. */
export async function removeResource(
  ec2: EC2Client,
  { kind, id }: Pick<OwnedResource, 'kind' | 'id'>,
): Promise<'removed' | 'later'> {
  try {
    await codeAs(remove(ec2, kind, id), GONE, null)
    return 'removed'
  } catch (thrown) {
    if (IN_USE.test(errorName(thrown))) return 'later'
    throw thrown
  }
}

function remove(ec2: EC2Client, kind: OwnedResource['kind'], id: string): Promise<unknown> {
  switch (kind) {
    case 'spot request':
      return ec2.send(new CancelSpotInstanceRequestsCommand({ SpotInstanceRequestIds: [id] }))
    case 'instance':
      return ec2.send(new TerminateInstancesCommand({ InstanceIds: [id], SkipOsShutdown: true }))
    case 'network interface':
      return ec2.send(new DeleteNetworkInterfaceCommand({ NetworkInterfaceId: id }))
    case 'volume':
      return ec2.send(new DeleteVolumeCommand({ VolumeId: id }))
    case 'launch template':
      return ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateId: id }))
    case 'security group':
      return ec2.send(new DeleteSecurityGroupCommand({ GroupId: id }))
  }
}
