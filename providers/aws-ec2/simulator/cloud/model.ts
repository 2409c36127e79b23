import type { Tag } from '../protocol/parameters.ts'
import type { Resource } from './resource.ts'

// The nouns of the cloud, each with what the simulator keeps of it.

export interface Vpc extends Resource {
  cidr: string
  isDefault: boolean
}

export interface Subnet extends Resource {
  vpcId: string
  zone: string
  cidr: string
  /** First address as a number, and how many there are. */
  first: number
  size: number
  /** Addresses in use. */
  taken: Set<string>
  /** How many were given so far. */
  given: number
  isDefault: boolean
  publicByDefault: boolean
}

export interface Permission {
  ipProtocol: string
  fromPort?: number | undefined
  toPort?: number | undefined
  /** One source or destination of each kind a rule. */
  cidr?: string | undefined
  cidrV6?: string | undefined
  groupId?: string | undefined
  description?: string | undefined
}

export interface SecurityGroup extends Resource {
  name: string
  description: string
  vpcId: string
  ingress: (Permission & { ruleId: string })[]
  egress: (Permission & { ruleId: string })[]
}

export interface Volume extends Resource {
  zone: string
  sizeGib: number
  type: string
  encrypted: boolean
  kmsKeyId: string | undefined
  iops: number | undefined
  throughput: number | undefined
  snapshotId: string | undefined
  attachment: { instanceId: string; device: string; deleteOnTermination: boolean; atMs: number } | null
}

export interface NetworkInterface extends Resource {
  subnetId: string
  vpcId: string
  zone: string
  privateIp: string
  publicIp: string | undefined
  mac: string
  description: string
  groupIds: string[]
  attachment: { id: string; instanceId: string; deleteOnTermination: boolean; atMs: number } | null
}

export type InstanceState = 'pending' | 'running' | 'shutting-down' | 'terminated' | 'stopping' | 'stopped'

export interface Instance extends Resource {
  reservationId: string
  launchIndex: number
  clientToken: string | undefined
  state: InstanceState
  reason: { code: string; message: string } | null
  reasonText: string
  imageId: string
  type: string
  zone: string
  subnetId: string
  vpcId: string
  architecture: string
  launchedMs: number
  keyName: string | undefined
  profile: { arn: string; name: string } | null
  groupIds: string[]
  interfaceIds: string[]
  volumeIds: string[]
  rootDevice: string
  /** Base64, as sent. */
  userData: string
  spotRequestId: string | null
  ebsOptimized: boolean
  monitoring: boolean
  hibernation: boolean
  protected: boolean
  onShutdown: 'stop' | 'terminate'
  metadata: MetadataOptions
  privateIp: string
  publicIp: string | undefined
  status: { instance: CheckStatus; system: CheckStatus; impairedMs: number | null }
  notices: Notices
  console: string
  hibernated: boolean
}

export type CheckStatus = 'initializing' | 'ok' | 'impaired' | 'not-applicable'

/** What the instance is told through its metadata. */
export interface Notices {
  action: { action: 'terminate' | 'stop' | 'hibernate'; atMs: number } | null
  rebalanceMs: number | null
}

export interface MetadataOptions {
  tokens: 'optional' | 'required'
  hopLimit: number
  endpoint: 'enabled' | 'disabled'
  tags: 'enabled' | 'disabled'
}

export interface SpotRequest extends Resource {
  state: 'open' | 'active' | 'closed' | 'cancelled' | 'failed'
  status: { code: string; message: string; atMs: number }
  type: 'one-time' | 'persistent'
  interruption: 'terminate' | 'stop' | 'hibernate'
  maxPrice: string | undefined
  instanceId: string | null
  instanceType: string
  imageId: string
  zone: string
  subnetId: string
  groupIds: string[]
}

export interface Template extends Resource {
  name: string
  defaultVersion: number
  versions: TemplateVersion[]
}

export interface TemplateVersion {
  number: number
  description: string | undefined
  createdMs: number
  /** As sent, in the request's own words; checked. */
  data: object
}

export interface Fleet extends Resource {
  clientToken: string | undefined
  state: 'active' | 'deleted_running' | 'deleted_terminating' | 'deleted'
  /** In the request's words. */
  request: object
  target: { total: number; spot: number; onDemand: number; defaultType: string }
  launched: FleetLaunch[]
  errors: FleetError[]
}

export interface FleetPool {
  templateId: string
  templateName: string
  templateVersion: string
  override: {
    instanceType?: string | undefined
    subnetId?: string | undefined
    zone?: string | undefined
    maxPrice?: string | undefined
    weight?: number | undefined
    priority?: number | undefined
    imageId?: string | undefined
  }
}

export interface FleetLaunch {
  pool: FleetPool
  lifecycle: 'spot' | 'on-demand'
  instanceIds: string[]
  instanceType: string
}

export interface FleetError {
  pool: FleetPool
  lifecycle: 'spot' | 'on-demand'
  code: string
  message: string
}

export interface Image extends Resource {
  name: string
  architecture: string
  rootDevice: string
  sizeGib: number
}

export interface InternetGateway extends Resource {
  vpcId: string | null
}

export interface RouteTable extends Resource {
  vpcId: string
  main: boolean
  routes: { destination: string; gatewayId: string }[]
  associations: { id: string; subnetId: string }[]
}

export function tagMap(tags: Tag[]): Map<string, string> {
  return new Map(tags.map(({ Key, Value }) => [Key, Value]))
}
