import type { RunInstancesCommandInput } from '@aws-sdk/client-ec2'
import type { MachineSpec } from '@openzimki/provider'
import type { CheckedEc2Config, Ec2Size } from '../config.ts'
import { clientToken, machineTagSpecifications } from '../machine-tags.ts'
import type { ZoneSubnet } from '../resources/subnets.ts'

/** One way to have a machine. */
export interface Attempt extends ZoneSubnet {
  type: string
}

export interface RunRequestParts {
  config: CheckedEc2Config
  size: Ec2Size
  spec: MachineSpec
  fingerprint: string
  template: string
  groups: string[]
  /** Base64. */
  userData: string
}

/**
 * What makes the machine of one attempt. The same whenever it is made for the same launch: EC2 refuses a token that comes again with
 * anything else. Each attempt has its own, since a token belongs to one type and zone, also after it failed for lack of room.
 */
export function runRequest(
  parts: RunRequestParts,
  { type, zone, subnet }: Attempt,
): RunInstancesCommandInput {
  const { config, size, spec, fingerprint, template, groups, userData } = parts
  const { owner, tags, publicAddress } = config
  const isSpot = size.market === 'spot'
  const isPrepared = spec.prepared === true
  return {
    ClientToken: clientToken(owner, spec.id, zone, type, size.market),
    ...{ MinCount: 1, MaxCount: 1, InstanceType: type as RunInstancesCommandInput['InstanceType'] },
    LaunchTemplate: { LaunchTemplateName: template, Version: '1' },
    NetworkInterfaces: [
      {
        ...{ DeviceIndex: 0, SubnetId: subnet, DeleteOnTermination: true },
        ...{ Groups: groups, AssociatePublicIpAddress: publicAddress },
      },
    ],
    UserData: userData,
    TagSpecifications: machineTagSpecifications(
      owner,
      { id: spec.id, size: spec.size, fingerprint },
      { isSpot, isPrepared },
      tags,
    ),
    // In place of the template's: it shuts down when it is prepared, and is there to be started.
    ...(isPrepared ? { InstanceInitiatedShutdownBehavior: 'stop' as const } : {}),
    ...(isSpot ? { InstanceMarketOptions: spotOptions(size) } : {}),
  }
}

/** A request that ends with its instance and is never filled again: what AWS takes back, the platform replaces. */
function spotOptions({ maxPrice }: Ec2Size): RunInstancesCommandInput['InstanceMarketOptions'] {
  return {
    MarketType: 'spot',
    SpotOptions: {
      ...{ SpotInstanceType: 'one-time', InstanceInterruptionBehavior: 'terminate' },
      ...(maxPrice === undefined ? {} : { MaxPrice: String(maxPrice) }),
    },
  }
}
