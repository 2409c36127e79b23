import type { Cloud } from '../cloud/cloud.ts'
import type { LaunchData } from '../cloud/launch-data.ts'
import type { Template, TemplateVersion } from '../cloud/model.ts'
import { Ec2Error } from '../protocol/ec2-error.ts'

export interface TemplateName {
  LaunchTemplateId?: string | undefined
  LaunchTemplateName?: string | undefined
}

export function templateNamed(cloud: Cloud, name: TemplateName): Template {
  const { LaunchTemplateId: id, LaunchTemplateName: called } = name
  if (id !== undefined && called !== undefined) {
    const why = 'A launch template is named by its ID or by its name, not by both.'
    throw new Ec2Error('InvalidParameterCombination', why)
  }
  if (id !== undefined) return cloud.templates.need(id)
  if (called === undefined) {
    throw new Ec2Error('MissingParameter', 'Either LaunchTemplateId or LaunchTemplateName must be given')
  }
  const found = cloud.templates.seen().find((one) => one.name === called)
  if (found) return found
  const why = `The specified launch template, with template name ${called}, does not exist.`
  throw new Ec2Error('InvalidLaunchTemplateName.NotFoundException', why)
}

/** `$Latest`, `$Default` or a number; the default version when nothing is said. */
export function versionNamed(template: Template, asked = '$Default'): TemplateVersion {
  const latest = template.versions.at(-1)?.number ?? 0
  const number = { $Latest: latest, $Default: template.defaultVersion }[asked] ?? Number(asked)
  const found = template.versions.find((one) => one.number === number)
  if (found) return found
  const why = `Could not find the specified version ${asked} for the launch template with ID ${template.id}.`
  throw new Ec2Error('InvalidLaunchTemplateId.VersionNotFound', why)
}

export function dataOfTemplate(
  cloud: Cloud,
  name: TemplateName & { Version?: string | undefined },
): { template: Template; version: TemplateVersion; data: LaunchData } {
  const template = templateNamed(cloud, name)
  const version = versionNamed(template, name.Version)
  return { template, version, data: version.data as LaunchData }
}
