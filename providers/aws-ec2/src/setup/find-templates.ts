import {
  DescribeLaunchTemplateVersionsCommand,
  type EC2Client,
  paginateDescribeLaunchTemplates,
} from '@aws-sdk/client-ec2'
import { readOwner, TAG } from '../machine-tags.ts'
import type { SetupConfig } from './setup-config.ts'
import { roleName } from './setup-names.ts'

/** Launch templates that platforms, which have owners of their own, made for machines with the set-up's instance profile. */
export async function findSetupTemplates(
  ec2: EC2Client,
  setup: Pick<SetupConfig, 'owner' | 'region'>,
): Promise<string[]> {
  const found: string[] = []
  const Filters = [{ Name: 'tag-key', Values: [TAG.owner] }]
  for await (const page of paginateDescribeLaunchTemplates({ client: ec2 }, { Filters })) {
    for (const { LaunchTemplateId = '', Tags } of page.LaunchTemplates ?? []) {
      if (readOwner(Tags) === undefined) continue
      const latest = { LaunchTemplateId, Versions: ['$Latest'] }
      const { LaunchTemplateVersions: [version] = [] } = await ec2.send(
        new DescribeLaunchTemplateVersionsCommand(latest),
      )
      if (version?.LaunchTemplateData?.IamInstanceProfile?.Name === roleName(setup))
        found.push(LaunchTemplateId)
    }
  }
  return found
}
