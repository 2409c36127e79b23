import { z } from 'zod'
import type { Cloud } from '../cloud/cloud.ts'
import { fulfil } from '../cloud/fleet-launch.ts'
import { end } from '../cloud/instance-life.ts'
import type { LaunchData } from '../cloud/launch-data.ts'
import type { Fleet, FleetPool } from '../cloud/model.ts'
import { action } from '../protocol/action.ts'
import { Ec2Error } from '../protocol/ec2-error.ts'
import { filtered } from '../protocol/filters.ts'
import { pageOf } from '../protocol/paging.ts'
import {
  filters,
  flag,
  group,
  many,
  number,
  paging,
  tagSpecifications,
  text,
  whole,
} from '../protocol/parameters.ts'
import { fleetErrorXml, fleetLaunchXml, fleetXml } from './fleet-xml.ts'
import { checkTags, needsTagging } from './tags.ts'
import { dataOfTemplate } from './template-data.ts'

const templateConfig = group({
  LaunchTemplateSpecification: group({
    LaunchTemplateId: text.optional(),
    LaunchTemplateName: text.optional(),
    Version: text.optional(),
  }),
  Overrides: many(
    group({
      InstanceType: text.optional(),
      MaxPrice: text.optional(),
      SubnetId: text.optional(),
      AvailabilityZone: text.optional(),
      WeightedCapacity: number.optional(),
      Priority: number.optional(),
      ImageId: text.optional(),
    }),
  ),
})
type TemplateConfig = z.output<typeof templateConfig>

const options = {
  AllocationStrategy: text.optional(),
  SingleInstanceType: flag.optional(),
  SingleAvailabilityZone: flag.optional(),
  MinTargetCapacity: whole.optional(),
  MaxTotalPrice: text.optional(),
}

const FLEET_SHAPE = {
  ClientToken: text.optional(),
  Type: text.optional(),
  LaunchTemplateConfigs: z.array(templateConfig).min(1),
  TargetCapacitySpecification: group({
    TotalTargetCapacity: whole,
    OnDemandTargetCapacity: whole.optional(),
    SpotTargetCapacity: whole.optional(),
    DefaultTargetCapacityType: z.enum(['spot', 'on-demand']).optional(),
    TargetCapacityUnitType: z.literal('units').optional(),
  }),
  SpotOptions: group({ ...options, InstanceInterruptionBehavior: text.optional() }).optional(),
  OnDemandOptions: group(options).optional(),
  TagSpecification: tagSpecifications,
}
const fleetRequest = group(FLEET_SHAPE)
export type FleetRequest = z.output<typeof fleetRequest>

const CreateFleet = action(
  FLEET_SHAPE,
  async (cloud, parameters) => {
    if (parameters.Type !== 'instant') {
      const why = `Only fleets of type 'instant' are simulated, not '${parameters.Type ?? 'maintain'}'`
      throw new Ec2Error('UnsupportedOperation', why)
    }
    const id = await cloud.tokens.once('CreateFleet', parameters.ClientToken, parameters, async () =>
      makeFleet(cloud, parameters),
    )
    const fleet = cloud.fleets.own(id)
    return {
      fleetId: id,
      errorSet: fleet?.errors.map(fleetErrorXml),
      fleetInstanceSet: fleet?.launched.map(fleetLaunchXml),
    }
  },
  needsTagging,
)

function makeFleet(cloud: Cloud, request: FleetRequest): string {
  const target = targetOf(request)
  const pools = request.LaunchTemplateConfigs.flatMap((config) => poolsOf(cloud, config))
  const own = request.TagSpecification.filter(({ ResourceType }) => ResourceType === 'fleet')
  const tags = new Map(own.flatMap(({ Tag }) => Tag).map(({ Key, Value }) => [Key, Value]))
  checkTags(tags)
  const fleet: Fleet = {
    ...cloud.born('fleet', tags),
    clientToken: request.ClientToken,
    state: 'active',
    request,
    target,
    launched: [],
    errors: [],
  }
  const inherited = request.TagSpecification.filter(({ ResourceType }) => ResourceType !== 'fleet')
  for (const lifecycle of ['on-demand', 'spot'] as const) {
    const wish = lifecycle === 'spot' ? request.SpotOptions : request.OnDemandOptions
    const { launched, errors } = fulfil(cloud, {
      fleetId: fleet.id,
      lifecycle,
      capacity: lifecycle === 'spot' ? target.spot : target.onDemand,
      least: wish?.MinTargetCapacity ?? 0,
      strategy: wish?.AllocationStrategy ?? 'lowest-price',
      interruption: request.SpotOptions?.InstanceInterruptionBehavior,
      pools,
      tags: inherited,
    })
    fleet.launched.push(...launched)
    fleet.errors.push(...errors)
  }
  return cloud.add(cloud.fleets, fleet).id
}

function targetOf({ TargetCapacitySpecification: asked }: FleetRequest): Fleet['target'] {
  const total = asked.TotalTargetCapacity
  const defaultType = asked.DefaultTargetCapacityType ?? 'on-demand'
  const named = (asked.OnDemandTargetCapacity ?? 0) + (asked.SpotTargetCapacity ?? 0)
  if (total < 1 || named > total) {
    throw new Ec2Error(
      'InvalidTargetCapacitySpecification',
      'The target capacities do not add up to the total',
    )
  }
  const rest = total - named
  return {
    total,
    defaultType,
    spot: (asked.SpotTargetCapacity ?? 0) + (defaultType === 'spot' ? rest : 0),
    onDemand: (asked.OnDemandTargetCapacity ?? 0) + (defaultType === 'on-demand' ? rest : 0),
  }
}

function poolsOf(cloud: Cloud, config: TemplateConfig): { pool: FleetPool; data: LaunchData }[] {
  const { template, version, data } = dataOfTemplate(cloud, config.LaunchTemplateSpecification)
  const overrides = config.Overrides.length > 0 ? config.Overrides : [{}]
  return overrides.map((override: TemplateConfig['Overrides'][number]) => ({
    pool: {
      templateId: template.id,
      templateName: template.name,
      templateVersion: String(version.number),
      override: {
        instanceType: override.InstanceType,
        subnetId: override.SubnetId,
        zone: override.AvailabilityZone,
        maxPrice: override.MaxPrice,
        weight: override.WeightedCapacity,
        priority: override.Priority,
        imageId: override.ImageId,
      },
    },
    data: overridden(data, override),
  }))
}

/** The subnet goes to the template's interface, when it has one. */
function overridden(data: LaunchData, override: TemplateConfig['Overrides'][number]): LaunchData {
  const [card, ...others] = data.NetworkInterface
  const subnet = override.SubnetId
  const placed = override.AvailabilityZone
    ? { Placement: { ...data.Placement, AvailabilityZone: override.AvailabilityZone } }
    : {}
  const networked =
    subnet === undefined
      ? {}
      : card
        ? { NetworkInterface: [{ ...card, SubnetId: subnet }, ...others] }
        : { SubnetId: subnet }
  return {
    ...data,
    ...placed,
    ...networked,
    InstanceType: override.InstanceType ?? data.InstanceType,
    ImageId: override.ImageId ?? data.ImageId,
  }
}

const DescribeFleets = action({ FleetId: many(text), Filter: filters, ...paging }, (cloud, parameters) => {
  const ids = parameters.FleetId
  // As in AWS, an instant fleet is shown only when it is asked for by its id.
  const found = filtered(ids.length > 0 ? cloud.fleets.needAll(ids) : [], parameters.Filter, {
    'fleet-state': ({ state }) => state,
    type: () => 'instant',
  })
  const { page, nextToken } = pageOf(found, parameters, `DescribeFleets${JSON.stringify(parameters.Filter)}`)
  return { fleetSet: page.map(fleetXml), nextToken }
})

const DeleteFleets = action({ FleetId: many(text), TerminateInstances: flag }, (cloud, parameters) => {
  const done = parameters.FleetId.map((fleetId) => {
    const fleet = cloud.fleets.own(fleetId)
    if (!fleet) {
      const error = { code: 'fleetIdDoesNotExist', message: `The fleet ID '${fleetId}' does not exist` }
      return { fleetId, error, fleet: null, before: '' }
    }
    const before = fleet.state
    fleet.state = parameters.TerminateInstances ? 'deleted_terminating' : 'deleted_running'
    if (parameters.TerminateInstances) endAll(cloud, fleet)
    return { fleetId, error: null, fleet, before }
  })
  return {
    successfulFleetDeletionSet: done.flatMap(({ fleetId, fleet, before }) =>
      fleet ? [{ fleetId, currentFleetState: fleet.state, previousFleetState: before }] : [],
    ),
    unsuccessfulFleetDeletionSet: done.flatMap(({ fleetId, error }) => (error ? [{ fleetId, error }] : [])),
  }
})

function endAll(cloud: Cloud, fleet: Fleet): void {
  const reason = {
    code: 'Client.UserInitiatedShutdown',
    message: 'Client.UserInitiatedShutdown: Fleet deleted',
  }
  for (const id of fleet.launched.flatMap(({ instanceIds }) => instanceIds)) {
    const one = cloud.instances.own(id)
    if (one) end(cloud, one, reason)
  }
}

export const fleetActions = { CreateFleet, DescribeFleets, DeleteFleets }
