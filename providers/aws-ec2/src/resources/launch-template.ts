import { createHash } from 'node:crypto'
import {
  CreateLaunchTemplateCommand,
  DescribeLaunchTemplatesCommand,
  type EC2Client,
  type RequestLaunchTemplateData,
  type TagSpecification,
} from '@aws-sdk/client-ec2'
import { canonicalJson, PlatformError } from '@openzimki/core'
import type { CheckedEc2Config } from '../config.ts'
import { ownerPrefix, ownerTags, readOwner } from '../machine-tags.ts'
import { codeAs } from '../map-error.ts'

const EXISTS = /^InvalidLaunchTemplateName\.AlreadyExistsException$/
export const NO_TEMPLATE = /^InvalidLaunchTemplate(Name|Id)\.NotFound(Exception)?$/

/** What all machines of one version of the agent have in common, named by its digest and never changed. */
export interface LaunchTemplate {
  name: string
  data: RequestLaunchTemplateData
}

export function launchTemplate(config: CheckedEc2Config): LaunchTemplate {
  const data = templateData(config)
  const release = config.bundle?.sha256 ?? null
  const digest = createHash('sha256').update(canonicalJson({ data, release })).digest('hex')
  return { name: `${ownerPrefix(config.owner)}-${digest.slice(0, 12)}`, data }
}

function templateData(config: CheckedEc2Config): RequestLaunchTemplateData {
  const { volume, instanceProfile, owner, tags, image } = config
  return {
    ImageId: image,
    ...(instanceProfile === undefined ? {} : { IamInstanceProfile: { Name: instanceProfile } }),
    BlockDeviceMappings: [
      {
        DeviceName: volume.device,
        Ebs: {
          ...{ VolumeType: 'gp3', VolumeSize: volume.gib, Encrypted: true, DeleteOnTermination: true },
          ...(volume.kmsKeyId === undefined ? {} : { KmsKeyId: volume.kmsKeyId }),
        },
      },
    ],
    // No hop beyond the machine itself, so that nothing with an address of its own in it reaches the service.
    MetadataOptions: {
      ...{ HttpEndpoint: 'enabled', HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
      InstanceMetadataTags: 'disabled',
    },
    // A machine whose agent ended costs nothing more.
    InstanceInitiatedShutdownBehavior: 'terminate',
    // A launch brings its own; these are for whoever uses the template otherwise.
    TagSpecifications: (['instance', 'volume', 'network-interface'] as const).map((ResourceType) => ({
      ResourceType,
      Tags: ownerTags(owner, tags),
    })),
  }
}

/** Makes it where it is not. Whoever makes it makes the same. INVALID_ARGUMENT: one that is not ours has its name. */
export async function ensureLaunchTemplate(
  ec2: EC2Client,
  config: CheckedEc2Config,
  { name, data }: LaunchTemplate,
): Promise<void> {
  const { owner, tags } = config
  if (await isThere(ec2, owner, name)) return
  const tagged: TagSpecification = { ResourceType: 'launch-template', Tags: ownerTags(owner, tags) }
  const create = new CreateLaunchTemplateCommand({
    LaunchTemplateName: name,
    VersionDescription: `agent ${config.bundle?.sha256.slice(0, 12) ?? 'of the image'}`,
    LaunchTemplateData: data,
    TagSpecifications: [tagged],
  })
  await codeAs(ec2.send(create), EXISTS, null)
}

async function isThere(ec2: EC2Client, owner: string, name: string): Promise<boolean> {
  const describe = new DescribeLaunchTemplatesCommand({ LaunchTemplateNames: [name] })
  const found = await codeAs(ec2.send(describe), NO_TEMPLATE, null)
  const [template] = found?.LaunchTemplates ?? []
  if (!template) return false
  if (readOwner(template.Tags) === owner) return true
  throw new PlatformError(
    'INVALID_ARGUMENT',
    `aws-ec2 provider: there is a launch template ${name} without our tag: remove it`,
  )
}
