import type { Fleet, FleetError, FleetLaunch, FleetPool } from '../cloud/model.ts'
import type { XmlTree } from '../protocol/xml.ts'
import { tagSet } from './tags.ts'

export function fleetLaunchXml(one: FleetLaunch): XmlTree {
  return {
    launchTemplateAndOverrides: poolXml(one.pool),
    lifecycle: one.lifecycle,
    instanceIds: one.instanceIds,
    instanceType: one.instanceType,
  }
}

export function fleetErrorXml(one: FleetError): XmlTree {
  return {
    launchTemplateAndOverrides: poolXml(one.pool),
    lifecycle: one.lifecycle,
    errorCode: one.code,
    errorMessage: one.message,
  }
}

function poolXml({ templateId, templateVersion, override }: FleetPool): XmlTree {
  return {
    launchTemplateSpecification: { launchTemplateId: templateId, version: templateVersion },
    overrides: overrideXml(override),
  }
}

function overrideXml(override: FleetPool['override']): XmlTree {
  return {
    instanceType: override.instanceType,
    maxPrice: override.maxPrice,
    subnetId: override.subnetId,
    availabilityZone: override.zone,
    weightedCapacity: override.weight,
    priority: override.priority,
    imageId: override.imageId,
  }
}

export function fleetXml(one: Fleet): XmlTree {
  const count = (lifecycle: string) =>
    one.launched
      .filter((launch) => launch.lifecycle === lifecycle)
      .reduce((sum, { pool, instanceIds }) => sum + instanceIds.length * (pool.override.weight ?? 1), 0)
  return {
    activityStatus: 'fulfilled',
    createTime: new Date(one.createdMs),
    fleetId: one.id,
    fleetState: one.state,
    clientToken: one.clientToken,
    excessCapacityTerminationPolicy: 'termination',
    fulfilledCapacity: count('spot') + count('on-demand'),
    fulfilledOnDemandCapacity: count('on-demand'),
    targetCapacitySpecification: {
      totalTargetCapacity: one.target.total,
      onDemandTargetCapacity: one.target.onDemand,
      spotTargetCapacity: one.target.spot,
      defaultTargetCapacityType: one.target.defaultType,
    },
    terminateInstancesWithExpiration: false,
    type: 'instant',
    replaceUnhealthyInstances: false,
    tagSet: tagSet(one.tags),
    errorSet: one.errors.map(fleetErrorXml),
    fleetInstanceSet: one.launched.map(fleetLaunchXml),
  }
}
