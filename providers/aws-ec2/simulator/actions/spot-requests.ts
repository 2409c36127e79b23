import type { Cloud } from '../cloud/cloud.ts'
import type { SpotRequest } from '../cloud/model.ts'
import { setSpotStatus } from '../cloud/spot-requests.ts'
import { action } from '../protocol/action.ts'
import { filtered } from '../protocol/filters.ts'
import { pageOf } from '../protocol/paging.ts'
import { filters, many, paging, text } from '../protocol/parameters.ts'
import type { XmlTree } from '../protocol/xml.ts'
import { groupsXml } from './instance-xml.ts'
import { tagSet } from './tags.ts'

const DescribeSpotInstanceRequests = action(
  { SpotInstanceRequestId: many(text), Filter: filters, ...paging },
  (cloud, parameters) => {
    const ids = parameters.SpotInstanceRequestId
    const all = ids.length > 0 ? cloud.spotRequests.needAll(ids) : cloud.spotRequests.seen()
    const found = filtered(all, parameters.Filter, {
      'spot-instance-request-id': ({ id }) => id,
      state: ({ state }) => state,
      'status-code': ({ status }) => status.code,
      'instance-id': ({ instanceId }) => instanceId,
      type: ({ type }) => type,
      'launched-availability-zone': ({ zone }) => zone,
      'launch.instance-type': ({ instanceType }) => instanceType,
    })
    const scope = `DescribeSpotInstanceRequests${JSON.stringify(parameters.Filter)}`
    const { page, nextToken } = pageOf(found, parameters, scope)
    return { spotInstanceRequestSet: page.map((one) => requestXml(cloud, one)), nextToken }
  },
)

/** The instance of a cancelled request goes on. */
const CancelSpotInstanceRequests = action({ SpotInstanceRequestId: many(text) }, (cloud, parameters) => {
  const all = cloud.spotRequests.needAll(parameters.SpotInstanceRequestId)
  for (const one of all) {
    if (one.state === 'closed' || one.state === 'failed') continue
    const instance = one.instanceId ? cloud.instances.own(one.instanceId) : undefined
    const running = instance && instance.state !== 'terminated' && instance.state !== 'shutting-down'
    if (running) {
      setSpotStatus(
        cloud,
        instance,
        'request-canceled-and-instance-running',
        'Your Spot request is canceled, but its instance is still running.',
      )
    }
    one.state = 'cancelled'
  }
  return { spotInstanceRequestSet: all.map(({ id, state }) => ({ spotInstanceRequestId: id, state })) }
})

function requestXml(cloud: Cloud, one: SpotRequest): XmlTree {
  return {
    spotInstanceRequestId: one.id,
    spotPrice: one.maxPrice ?? '0.100000',
    type: one.type,
    state: one.state,
    status: { code: one.status.code, updateTime: new Date(one.status.atMs), message: one.status.message },
    launchSpecification: {
      imageId: one.imageId,
      instanceType: one.instanceType,
      subnetId: one.subnetId,
      groupSet: groupsXml(cloud, one.groupIds),
      placement: { availabilityZone: one.zone },
      monitoring: { enabled: false },
    },
    instanceId: one.instanceId,
    createTime: new Date(one.createdMs),
    productDescription: 'Linux/UNIX',
    tagSet: tagSet(one.tags),
    launchedAvailabilityZone: one.zone,
    instanceInterruptionBehavior: one.interruption,
  }
}

export const spotRequestActions = { DescribeSpotInstanceRequests, CancelSpotInstanceRequests }
