import type { Cloud } from '../cloud/cloud.ts'
import type { Resource } from '../cloud/resource.ts'
import { type Answer, action } from '../protocol/action.ts'
import { Ec2Error } from '../protocol/ec2-error.ts'
import { filtered } from '../protocol/filters.ts'
import { pageOfList } from '../protocol/paging.ts'
import { filters, group, many, paging, type TagSpecification, tag, text } from '../protocol/parameters.ts'
import type { XmlTree } from '../protocol/xml.ts'

const MOST_TAGS = 50

export const tagSet = (tags: Map<string, string>): XmlTree =>
  tags.size === 0 ? undefined : [...tags].map(([key, value]) => ({ key, value }))

/** Tags for one kind of resource at its creation; those of other kinds have no place in such a call. */
export function tagsAtCreation(specifications: TagSpecification[], type: string): Map<string, string> {
  const stranger = specifications.find(({ ResourceType }) => ResourceType !== type)
  if (stranger) {
    const why = `'${stranger.ResourceType}' is not a valid taggable resource type for this operation.`
    throw new Ec2Error('InvalidParameterValue', why)
  }
  const tags = new Map(specifications.flatMap(({ Tag }) => Tag).map(({ Key, Value }) => [Key, Value]))
  checkTags(tags)
  return tags
}

/** Tagging at creation needs its own permission. */
export const needsTagging = ({ TagSpecification }: { TagSpecification: unknown[] }): string[] =>
  TagSpecification.length > 0 ? ['ec2:CreateTags'] : []

export function checkTags(tags: Map<string, string>): void {
  if (tags.size > MOST_TAGS) {
    throw new Ec2Error('TagLimitExceeded', `More than ${MOST_TAGS} tags specified`)
  }
  const wrong = [...tags.keys()].find((key) => key === '' || key.startsWith('aws:'))
  if (wrong !== undefined) {
    throw new Ec2Error('InvalidParameterValue', `Tag keys starting with 'aws:' are reserved: '${wrong}'`)
  }
}

function resources(cloud: Cloud, ids: string[]): Resource[] {
  return ids.map((id) => {
    const table = cloud.tables.find(({ kind }) => id.startsWith(`${kind.prefix}-`))
    if (!table) throw new Ec2Error('InvalidID', `The ID '${id}' is not valid`)
    return table.need(id)
  })
}

const CreateTags = action({ ResourceId: many(text), Tag: many(tag) }, (cloud, parameters): Answer => {
  const added = new Map(parameters.Tag.map(({ Key, Value }) => [Key, Value]))
  for (const one of resources(cloud, parameters.ResourceId)) {
    const all = new Map([...one.tags, ...added])
    checkTags(all)
    one.tags = all
  }
  return { return: true }
})

const DeleteTags = action(
  { ResourceId: many(text), Tag: many(group({ Key: text.optional(), Value: text.optional() })) },
  (cloud, parameters) => {
    for (const one of resources(cloud, parameters.ResourceId)) {
      if (parameters.Tag.length === 0) one.tags.clear()
      for (const { Key: key = '', Value: value } of parameters.Tag) {
        if (value === undefined || one.tags.get(key) === value) one.tags.delete(key)
      }
    }
    return { return: true }
  },
)

const DescribeTags = action({ Filter: filters, ...paging }, (cloud, parameters) => {
  const all = cloud.tables.flatMap((table) =>
    table.seen().flatMap(({ id, tags }) =>
      [...tags].map(([key, value]) => ({
        id,
        type: table.kind.type,
        key,
        value,
        tags: new Map([[key, value]]),
      })),
    ),
  )
  const found = filtered(all, parameters.Filter, {
    key: ({ key }) => key,
    value: ({ value }) => value,
    'resource-id': ({ id }) => id,
    'resource-type': ({ type }) => type,
  })
  const { page, nextToken } = pageOfList(
    found,
    parameters,
    `DescribeTags${JSON.stringify(parameters.Filter)}`,
  )
  const shown = page.map(({ id, type, key, value }) => ({ resourceId: id, resourceType: type, key, value }))
  return { tagSet: shown, nextToken }
})

export const tagActions = { CreateTags, DeleteTags, DescribeTags }
