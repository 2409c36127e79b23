import {
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSpotInstanceRequestsCommand,
  DescribeVolumesCommand,
  EC2Client,
} from '@aws-sdk/client-ec2'

/** A client that does nothing of its own, for looking and meddling. */
export const plainEc2Client = ({
  region,
  endpoint,
  credentials,
}: {
  region: string
  endpoint: string
  credentials: { accessKeyId: string; secretAccessKey: string }
}): EC2Client => new EC2Client({ region, endpoint, credentials: { ...credentials } })

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
