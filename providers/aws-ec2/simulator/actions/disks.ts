import type { Volume } from '../cloud/model.ts'
import { action } from '../protocol/action.ts'
import { Ec2Error } from '../protocol/ec2-error.ts'
import { filtered } from '../protocol/filters.ts'
import { pageOf } from '../protocol/paging.ts'
import { filters, many, paging, text } from '../protocol/parameters.ts'
import type { XmlTree } from '../protocol/xml.ts'
import { tagSet } from './tags.ts'

const DescribeVolumes = action({ VolumeId: many(text), Filter: filters, ...paging }, (cloud, parameters) => {
  const ids = parameters.VolumeId
  const all = ids.length > 0 ? cloud.volumes.needAll(ids) : cloud.volumes.seen()
  const found = filtered(all, parameters.Filter, {
    'volume-id': ({ id }) => id,
    status,
    'attachment.instance-id': ({ attachment }) => attachment?.instanceId,
    'attachment.delete-on-termination': ({ attachment }) => attachment?.deleteOnTermination,
    'attachment.device': ({ attachment }) => attachment?.device,
    'availability-zone': ({ zone }) => zone,
    encrypted: ({ encrypted }) => encrypted,
    size: ({ sizeGib }) => sizeGib,
    'volume-type': ({ type }) => type,
  })
  const { page, nextToken } = pageOf(found, parameters, `DescribeVolumes${JSON.stringify(parameters.Filter)}`)
  return { volumeSet: page.map(volumeXml), nextToken }
})

const DeleteVolume = action({ VolumeId: text }, (cloud, parameters) => {
  const one = cloud.volumes.need(parameters.VolumeId)
  if (one.attachment) {
    const why = `Volume ${one.id} is currently attached to ${one.attachment.instanceId}`
    throw new Ec2Error('VolumeInUse', why)
  }
  cloud.volumes.drop(one.id)
  return { return: true }
})

function status({ attachment }: Volume): string {
  return attachment ? 'in-use' : 'available'
}

function volumeXml(one: Volume): XmlTree {
  return {
    volumeId: one.id,
    size: one.sizeGib,
    snapshotId: one.snapshotId ?? '',
    availabilityZone: one.zone,
    status: status(one),
    createTime: new Date(one.createdMs),
    attachmentSet: one.attachment
      ? [
          {
            volumeId: one.id,
            instanceId: one.attachment.instanceId,
            device: one.attachment.device,
            status: 'attached',
            attachTime: new Date(one.attachment.atMs),
            deleteOnTermination: one.attachment.deleteOnTermination,
          },
        ]
      : [],
    tagSet: tagSet(one.tags),
    volumeType: one.type,
    iops: one.iops,
    throughput: one.throughput,
    encrypted: one.encrypted,
    kmsKeyId: one.kmsKeyId,
    multiAttachEnabled: false,
  }
}

export const diskActions = { DescribeVolumes, DeleteVolume }
