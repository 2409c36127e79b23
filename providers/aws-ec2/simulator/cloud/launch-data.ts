import { z } from 'zod'
import { flag, group, many, tag, text, whole } from '../protocol/parameters.ts'

const groups = many(text)
const disk = group({
  DeviceName: text.optional(),
  VirtualName: text.optional(),
  NoDevice: text.optional(),
  Ebs: group({
    VolumeSize: whole.optional(),
    VolumeType: text.optional(),
    Encrypted: flag.optional(),
    KmsKeyId: text.optional(),
    Iops: whole.optional(),
    Throughput: whole.optional(),
    SnapshotId: text.optional(),
    DeleteOnTermination: flag.optional(),
  }).optional(),
})
const networkInterface = group({
  DeviceIndex: whole.optional(),
  SubnetId: text.optional(),
  SecurityGroupId: groups,
  AssociatePublicIpAddress: flag.optional(),
  DeleteOnTermination: flag.optional(),
  Description: text.optional(),
  PrivateIpAddress: text.optional(),
  InterfaceType: text.optional(),
  NetworkCardIndex: whole.optional(),
})
const market = group({
  MarketType: z.literal('spot').optional(),
  SpotOptions: group({
    MaxPrice: text.optional(),
    SpotInstanceType: z.enum(['one-time', 'persistent']).optional(),
    InstanceInterruptionBehavior: z.enum(['terminate', 'stop', 'hibernate']).optional(),
    ValidUntil: text.optional(),
    BlockDurationMinutes: whole.optional(),
  }).optional(),
})
const metadata = group({
  HttpTokens: z.enum(['optional', 'required']).optional(),
  HttpPutResponseHopLimit: whole.optional(),
  HttpEndpoint: z.enum(['enabled', 'disabled']).optional(),
  HttpProtocolIpv6: text.optional(),
  InstanceMetadataTags: z.enum(['enabled', 'disabled']).optional(),
})

/** What an instance can be asked to be: of RunInstances and of a launch template alike. */
export const LAUNCH_SHAPE = {
  ImageId: text.optional(),
  InstanceType: text.optional(),
  KeyName: text.optional(),
  SecurityGroupId: groups,
  SecurityGroup: groups,
  UserData: text.optional(),
  BlockDeviceMapping: many(disk),
  NetworkInterface: many(networkInterface),
  IamInstanceProfile: group({ Arn: text.optional(), Name: text.optional() }).optional(),
  InstanceMarketOptions: market.optional(),
  MetadataOptions: metadata.optional(),
  Monitoring: group({ Enabled: flag }).optional(),
  Placement: group({
    AvailabilityZone: text.optional(),
    AvailabilityZoneId: text.optional(),
    Tenancy: text.optional(),
    GroupName: text.optional(),
  }).optional(),
  InstanceInitiatedShutdownBehavior: z.enum(['stop', 'terminate']).optional(),
  DisableApiTermination: flag.optional(),
  DisableApiStop: flag.optional(),
  EbsOptimized: flag.optional(),
  HibernationOptions: group({ Configured: flag.optional() }).optional(),
  CreditSpecification: group({ CpuCredits: text }).optional(),
  MaintenanceOptions: group({ AutoRecovery: text.optional() }).optional(),
  EnclaveOptions: group({ Enabled: flag.optional() }).optional(),
  TagSpecification: many(group({ ResourceType: text, Tag: many(tag) })),
}

export const launchData = group(LAUNCH_SHAPE)
/** A template has no subnet of its own, only its interfaces have one; a request may. */
export type LaunchData = z.output<typeof launchData> & { SubnetId?: string | undefined }

/** What is asked for now over what the template says; tags of both, the newer ones winning. */
export function mergedLaunch(template: LaunchData, asked: Partial<LaunchData>): LaunchData {
  const said = Object.entries(asked).filter(([, value]) => value !== undefined && !isEmpty(value))
  return {
    ...template,
    ...Object.fromEntries(said),
    TagSpecification: [...template.TagSpecification, ...(asked.TagSpecification ?? [])],
  }
}

const isEmpty = (value: unknown): boolean => Array.isArray(value) && value.length === 0

/** Tags for the resources of this type that come to be. */
export function tagsFor(data: Pick<LaunchData, 'TagSpecification'>, type: string): Map<string, string> {
  const tags = data.TagSpecification.filter(({ ResourceType }) => ResourceType === type).flatMap(
    ({ Tag }) => Tag,
  )
  return new Map(tags.map(({ Key, Value }) => [Key, Value]))
}
