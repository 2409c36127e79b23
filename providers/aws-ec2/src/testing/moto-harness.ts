import {
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSpotInstanceRequestsCommand,
  DescribeVolumesCommand,
  EC2Client,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import type { ProviderHarness } from '@openzimki/provider/kit'
import type { Ec2Config } from '../config.ts'
import { createEc2Provider } from '../index.ts'
import { MOTO_IMAGE, MOTO_REGION, type MotoServer } from './moto-server.ts'

export function motoConfig({ endpoint, credentials }: MotoServer, owner: string): Ec2Config {
  return {
    ...{ owner, endpoint, credentials, region: MOTO_REGION, image: MOTO_IMAGE },
    sizes: { small: { types: ['t3.micro', 't3.small'] }, spot: { types: ['t3.micro'], market: 'spot' } },
    command: ['/bin/true'],
    // moto runs nothing, so its console is made up.
    console: false,
    refreshMs: 0,
    maxMachines: 1_000,
  }
}

export const motoClient = ({ endpoint, credentials }: MotoServer): EC2Client =>
  new EC2Client({ region: MOTO_REGION, endpoint, credentials: { ...credentials } })

/** Started in time for the first case. */
export function motoHarness(server: () => Promise<MotoServer>): ProviderHarness {
  return {
    open: async (owner) => createEc2Provider(motoConfig(await server(), owner)),
    env: {},
    crash: async ({ native }) => {
      await motoClient(await server()).send(new TerminateInstancesCommand({ InstanceIds: [native] }))
    },
    leftovers: async () => leftOf(motoClient(await server())),
    settleMs: 20_000,
    close: async () => (await server()).close(),
  }
}

/** Whatever a launch made that is still there, of any owner. */
export async function leftOf(ec2: EC2Client): Promise<string[]> {
  const [instances, volumes, interfaces, requests] = await Promise.all([
    ec2.send(new DescribeInstancesCommand({})),
    ec2.send(new DescribeVolumesCommand({})),
    ec2.send(new DescribeNetworkInterfacesCommand({})),
    ec2.send(new DescribeSpotInstanceRequestsCommand({})),
  ])
  const all = (instances.Reservations ?? []).flatMap(({ Instances = [] }) => Instances)
  return [
    ...all.flatMap(({ InstanceId = '', State }) => (State?.Name === 'terminated' ? [] : [InstanceId])),
    ...(volumes.Volumes ?? []).map(({ VolumeId = '' }) => VolumeId),
    ...(interfaces.NetworkInterfaces ?? []).map(({ NetworkInterfaceId = '' }) => NetworkInterfaceId),
    ...(requests.SpotInstanceRequests ?? []).flatMap(({ SpotInstanceRequestId = '', State }) =>
      State === 'open' || State === 'active' ? [SpotInstanceRequestId] : [],
    ),
  ]
}
