import type { Image } from '../cloud/model.ts'
import { action } from '../protocol/action.ts'
import { filtered } from '../protocol/filters.ts'
import { pageOf } from '../protocol/paging.ts'
import { filters, flag, many, paging, text } from '../protocol/parameters.ts'
import type { XmlTree } from '../protocol/xml.ts'
import { tagSet } from './tags.ts'

const OWNER = '137112412989'

const DescribeImages = action(
  {
    ImageId: many(text),
    Owner: many(text),
    ExecutableBy: many(text),
    IncludeDeprecated: flag.optional(),
    Filter: filters,
    ...paging,
  },
  (cloud, parameters) => {
    const { ImageId: ids, Owner: owners } = parameters
    const all = ids.length > 0 ? cloud.images.needAll(ids) : cloud.images.seen()
    const owned = owners.length === 0 || owners.includes('amazon') || owners.includes(OWNER) ? all : []
    const found = filtered(owned, parameters.Filter, {
      'image-id': ({ id }) => id,
      name: ({ name }) => name,
      architecture: ({ architecture }) => architecture,
      state: () => 'available',
      'owner-alias': () => 'amazon',
      'owner-id': () => OWNER,
      'root-device-type': () => 'ebs',
      'virtualization-type': () => 'hvm',
      'is-public': () => true,
    })
    const { page, nextToken } = pageOf(
      found,
      parameters,
      `DescribeImages${JSON.stringify(parameters.Filter)}`,
    )
    return { imagesSet: page.map(imageXml), nextToken }
  },
)

function imageXml(one: Image): XmlTree {
  return {
    imageId: one.id,
    imageLocation: `amazon/${one.name}`,
    imageState: 'available',
    imageOwnerId: OWNER,
    creationDate: new Date(one.createdMs).toISOString(),
    isPublic: true,
    architecture: one.architecture,
    imageType: 'machine',
    imageOwnerAlias: 'amazon',
    name: one.name,
    description: 'Amazon Linux 2023, as the simulator has it: what the host has',
    rootDeviceType: 'ebs',
    rootDeviceName: one.rootDevice,
    blockDeviceMapping: [
      {
        deviceName: one.rootDevice,
        ebs: { volumeSize: one.sizeGib, volumeType: 'gp3', deleteOnTermination: true, encrypted: false },
      },
    ],
    virtualizationType: 'hvm',
    hypervisor: 'xen',
    enaSupport: true,
    platformDetails: 'Linux/UNIX',
    usageOperation: 'RunInstances',
    imdsSupport: 'v2.0',
    tagSet: tagSet(one.tags),
  }
}

export const imageActions = { DescribeImages }
