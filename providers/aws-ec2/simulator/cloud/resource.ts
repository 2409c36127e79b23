/** What every resource has. */
export interface Resource {
  id: string
  tags: Map<string, string>
  createdMs: number
  /** Order of creation, over all kinds; pages are cut by it. */
  position: number
}

/** What the API calls a kind (in tag specifications), how its ids start, and how it says that one is unknown. */
export interface ResourceKind {
  type: string
  prefix: string
  notFound: string
  /** As in "The instance ID 'i-1' does not exist". */
  noun: string
}

const kind = (type: string, prefix: string, notFound: string, noun: string): ResourceKind => ({
  type,
  prefix,
  notFound,
  noun,
})

export const KINDS = {
  instance: kind('instance', 'i', 'InvalidInstanceID.NotFound', 'instance ID'),
  volume: kind('volume', 'vol', 'InvalidVolume.NotFound', 'volume'),
  networkInterface: kind(
    'network-interface',
    'eni',
    'InvalidNetworkInterfaceID.NotFound',
    'networkInterface ID',
  ),
  securityGroup: kind('security-group', 'sg', 'InvalidGroup.NotFound', 'security group'),
  template: kind('launch-template', 'lt', 'InvalidLaunchTemplateId.NotFound', 'launch template ID'),
  fleet: kind('fleet', 'fleet', 'InvalidFleetId.NotFound', 'fleet ID'),
  spotRequest: kind(
    'spot-instances-request',
    'sir',
    'InvalidSpotInstanceRequestID.NotFound',
    'spot instance request ID',
  ),
  image: kind('image', 'ami', 'InvalidAMIID.NotFound', 'image id'),
  vpc: kind('vpc', 'vpc', 'InvalidVpcID.NotFound', 'vpc ID'),
  subnet: kind('subnet', 'subnet', 'InvalidSubnetID.NotFound', 'subnet ID'),
  gateway: kind('internet-gateway', 'igw', 'InvalidInternetGatewayID.NotFound', 'internetGateway ID'),
  routeTable: kind('route-table', 'rtb', 'InvalidRouteTableID.NotFound', 'routeTable ID'),
} as const

export type KindName = keyof typeof KINDS
