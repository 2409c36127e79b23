import type { z } from 'zod'
import type { Cloud } from '../cloud/cloud.ts'
import { type LaunchData, launchData, mergedLaunch } from '../cloud/launch-data.ts'
import type { Template, TemplateVersion } from '../cloud/model.ts'
import { action } from '../protocol/action.ts'
import { Ec2Error } from '../protocol/ec2-error.ts'
import { filtered } from '../protocol/filters.ts'
import { pageOf, pageOfList } from '../protocol/paging.ts'
import { filters, flag, many, paging, tagSpecifications, text } from '../protocol/parameters.ts'
import type { XmlTree } from '../protocol/xml.ts'
import { needsTagging, tagSet, tagsAtCreation } from './tags.ts'
import { templateNamed, versionNamed } from './template-data.ts'

const NAMED = { LaunchTemplateId: text.optional(), LaunchTemplateName: text.optional() }
const NAME = /^[a-zA-Z0-9().\-/_]{3,128}$/

const CreateLaunchTemplate = action(
  {
    LaunchTemplateName: text,
    LaunchTemplateData: launchData,
    VersionDescription: text.optional(),
    ClientToken: text.optional(),
    TagSpecification: tagSpecifications,
  },
  async (cloud, parameters) => {
    const { ClientToken: token } = parameters
    const id = await cloud.tokens.once('CreateLaunchTemplate', token, parameters, async () => {
      const { LaunchTemplateName: name, LaunchTemplateData: data, VersionDescription } = parameters
      checkName(cloud, name)
      const tags = tagsAtCreation(parameters.TagSpecification, 'launch-template')
      const born = cloud.born('template', tags)
      const version = { number: 1, description: VersionDescription, createdMs: born.createdMs, data }
      return cloud.add(cloud.templates, { ...born, name, defaultVersion: 1, versions: [version] }).id
    })
    return { launchTemplate: templateXml(cloud, cloud.templates.own(id)) }
  },
  needsTagging,
)

function checkName(cloud: Cloud, name: string): void {
  if (!NAME.test(name)) {
    const why = `Invalid launch template name '${name}': 3 to 128 letters, digits and ().-/_`
    throw new Ec2Error('InvalidLaunchTemplateName.MalformedException', why)
  }
  if (cloud.templates.every().some((one) => one.name === name)) {
    throw new Ec2Error(
      'InvalidLaunchTemplateName.AlreadyExistsException',
      'Launch template name already in use.',
    )
  }
}

const CreateLaunchTemplateVersion = action(
  {
    ...NAMED,
    LaunchTemplateData: launchData,
    SourceVersion: text.optional(),
    VersionDescription: text.optional(),
    ClientToken: text.optional(),
  },
  async (cloud, parameters) => {
    const { ClientToken: token, SourceVersion: source } = parameters
    const template = templateNamed(cloud, parameters)
    const version = await cloud.tokens.once('CreateLaunchTemplateVersion', token, parameters, async () => {
      const base = source === undefined ? null : (versionNamed(template, source).data as LaunchData)
      const number = (template.versions.at(-1)?.number ?? 0) + 1
      const asked = parameters.LaunchTemplateData
      const data = base ? mergedLaunch(base, asked) : asked
      const made = { number, description: parameters.VersionDescription, createdMs: cloud.nowMs(), data }
      template.versions.push(made)
      return made
    })
    return { launchTemplateVersion: versionXml(cloud, template, version) }
  },
)

const DescribeLaunchTemplates = action(
  { LaunchTemplateId: many(text), LaunchTemplateName: many(text), Filter: filters, ...paging },
  (cloud, parameters) => {
    const { LaunchTemplateId: ids, LaunchTemplateName: names } = parameters
    const byName = names.map((LaunchTemplateName) => templateNamed(cloud, { LaunchTemplateName }))
    const chosen = ids.length + names.length > 0 ? [...cloud.templates.needAll(ids), ...byName] : null
    const found = filtered(chosen ?? cloud.templates.seen(), parameters.Filter, {
      'launch-template-name': ({ name }) => name,
      'create-time': ({ createdMs }) => new Date(createdMs).toISOString(),
    })
    const scope = `DescribeLaunchTemplates${JSON.stringify(parameters.Filter)}`
    const { page, nextToken } = pageOf(found, parameters, scope)
    return { launchTemplates: page.map((one) => templateXml(cloud, one)), nextToken }
  },
)

const DescribeLaunchTemplateVersions = action(
  {
    ...NAMED,
    LaunchTemplateVersion: many(text),
    MinVersion: text.optional(),
    MaxVersion: text.optional(),
    ResolveAlias: flag.optional(),
    Filter: filters,
    ...paging,
  },
  (cloud, parameters) => {
    const template = templateNamed(cloud, parameters)
    const asked = parameters.LaunchTemplateVersion
    const least = Number(parameters.MinVersion ?? 0)
    const most = Number(parameters.MaxVersion ?? Number.MAX_SAFE_INTEGER)
    const versions =
      asked.length > 0 ? asked.map((name) => versionNamed(template, name)) : template.versions.toReversed()
    const shown = versions.filter(({ number }) => number >= least && number <= most)
    const { page, nextToken } = pageOfList(shown, parameters, `DescribeLaunchTemplateVersions${template.id}`)
    return { launchTemplateVersionSet: page.map((one) => versionXml(cloud, template, one)), nextToken }
  },
)

const DeleteLaunchTemplate = action(NAMED, (cloud, parameters) => {
  const template = templateNamed(cloud, parameters)
  cloud.templates.drop(template.id)
  return { launchTemplate: templateXml(cloud, template) }
})

function templateXml(cloud: Cloud, one: Template | undefined): XmlTree {
  if (!one) return undefined
  return {
    launchTemplateId: one.id,
    launchTemplateName: one.name,
    createTime: new Date(one.createdMs),
    createdBy: `arn:aws:iam::${cloud.options.accountId}:root`,
    defaultVersionNumber: one.defaultVersion,
    latestVersionNumber: one.versions.at(-1)?.number,
    tagSet: tagSet(one.tags),
  }
}

function versionXml(cloud: Cloud, template: Template, one: TemplateVersion): XmlTree {
  return {
    launchTemplateId: template.id,
    launchTemplateName: template.name,
    versionNumber: one.number,
    versionDescription: one.description,
    createTime: new Date(one.createdMs),
    createdBy: `arn:aws:iam::${cloud.options.accountId}:root`,
    defaultVersion: one.number === template.defaultVersion,
    launchTemplateData: dataXml(one.data as z.output<typeof launchData>),
  }
}

/** Answers call some lists otherwise than requests do. */
const LIST_NAMES: Record<string, string> = {
  SecurityGroupId: 'securityGroupIdSet',
  SecurityGroup: 'securityGroupSet',
  BlockDeviceMapping: 'blockDeviceMappingSet',
  NetworkInterface: 'networkInterfaceSet',
  TagSpecification: 'tagSpecificationSet',
  Tag: 'tagSet',
}
const INSIDE_INTERFACE: Record<string, string> = { ...LIST_NAMES, SecurityGroupId: 'groupSet' }

function dataXml(value: unknown, names = LIST_NAMES): XmlTree {
  if (Array.isArray(value)) return value.map((one) => dataXml(one, names))
  if (typeof value !== 'object' || value === null) return value as XmlTree
  const entries = Object.entries(value).filter(([, inner]) => !Array.isArray(inner) || inner.length > 0)
  return Object.fromEntries(
    entries.map(([name, inner]) => [
      names[name] ?? `${name[0]?.toLowerCase()}${name.slice(1)}`,
      dataXml(inner, name === 'NetworkInterface' ? INSIDE_INTERFACE : names),
    ]),
  )
}

export const templateActions = {
  CreateLaunchTemplate,
  CreateLaunchTemplateVersion,
  DescribeLaunchTemplates,
  DescribeLaunchTemplateVersions,
  DeleteLaunchTemplate,
}
