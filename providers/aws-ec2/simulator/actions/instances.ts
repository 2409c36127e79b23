import type { Cloud } from '../cloud/cloud.ts'
import { begin, end, halt, hurry } from '../cloud/instance-life.ts'
import { LAUNCH_SHAPE, type LaunchData, launchData, mergedLaunch } from '../cloud/launch-data.ts'
import { launchInstance } from '../cloud/launch-instance.ts'
import { planLaunch } from '../cloud/launch-plan.ts'
import type { Instance, InstanceState } from '../cloud/model.ts'
import { zoneId } from '../cloud/names.ts'
import type { HowToEnd } from '../machine/hypervisor.ts'
import { type Answer, action } from '../protocol/action.ts'
import { Ec2Error } from '../protocol/ec2-error.ts'
import { type FilterFields, filtered } from '../protocol/filters.ts'
import { pageOf } from '../protocol/paging.ts'
import { filters, flag, group, many, paging, text, whole } from '../protocol/parameters.ts'
import type { XmlTree } from '../protocol/xml.ts'
import { date, instanceXml, STATE_CODES, stateXml } from './instance-xml.ts'
import { checkTags, needsTagging } from './tags.ts'
import { dataOfTemplate } from './template-data.ts'

const MOST_AT_ONCE = 1000

const template = group({
  LaunchTemplateId: text.optional(),
  LaunchTemplateName: text.optional(),
  Version: text.optional(),
})

const RunInstances = action(
  {
    ...LAUNCH_SHAPE,
    MinCount: whole,
    MaxCount: whole,
    SubnetId: text.optional(),
    ClientToken: text.optional(),
    LaunchTemplate: template.optional(),
  },
  async (cloud, parameters) => {
    const { ClientToken: token, LaunchTemplate: from, MinCount, MaxCount, ...asked } = parameters
    if (MinCount < 1 || MaxCount < MinCount || MaxCount > MOST_AT_ONCE) {
      const why = `Value (${MaxCount}) for parameter maxCount is invalid with a minCount of ${MinCount}.`
      throw new Ec2Error('InvalidParameterValue', why)
    }
    const ids = await cloud.tokens.once('RunInstances', token, parameters, async () => {
      const base = from ? dataOfTemplate(cloud, from).data : launchData.parse({})
      return runAll(cloud, mergedLaunch(base, asked), { least: MinCount, most: MaxCount, token })
    })
    const instances = ids.flatMap((id) => cloud.instances.own(id) ?? [])
    if (instances.every(({ state }) => state === 'terminated' || state === 'shutting-down')) {
      const why = 'The client token was used for an instance that has been terminated since'
      throw new Ec2Error('IdempotentInstanceTerminated', why)
    }
    return reservationXml(cloud, instances) as Answer
  },
  (parameters) => [...needsTagging(parameters), ...(parameters.IamInstanceProfile ? ['iam:PassRole'] : [])],
)

/** As many as there is room for, up to the most; fewer than the least is none. */
function runAll(
  cloud: Cloud,
  data: LaunchData,
  ask: { least: number; most: number; token: string | undefined },
): string[] {
  for (const { Tag } of data.TagSpecification) checkTags(new Map(Tag.map(({ Key, Value }) => [Key, Value])))
  const plan = planLaunch(cloud, data)
  const reservationId = `r-${cloud.newId()}`
  const made: Instance[] = []
  try {
    for (let launchIndex = 0; launchIndex < ask.most; launchIndex += 1) {
      made.push(launchInstance(cloud, { plan, reservationId, launchIndex, clientToken: ask.token }))
    }
  } catch (thrown) {
    if (made.length < ask.least) {
      for (const one of made)
        end(cloud, one, { code: 'Server.InsufficientInstanceCapacity', message: String(thrown) })
      throw thrown
    }
  }
  return made.map(({ id }) => id)
}

const FIELDS: FilterFields<Instance> = {
  'instance-id': ({ id }) => id,
  'instance-state-name': ({ state }) => state,
  'instance-state-code': ({ state }) => STATE_CODES[state],
  'instance-type': ({ type }) => type,
  'instance-lifecycle': ({ spotRequestId }) => (spotRequestId ? 'spot' : null),
  'availability-zone': ({ zone }) => zone,
  'client-token': ({ clientToken }) => clientToken,
  'image-id': ({ imageId }) => imageId,
  'subnet-id': ({ subnetId }) => subnetId,
  'vpc-id': ({ vpcId }) => vpcId,
  'private-ip-address': ({ privateIp }) => privateIp,
  'ip-address': ({ publicIp }) => publicIp,
  'reservation-id': ({ reservationId }) => reservationId,
  'spot-instance-request-id': ({ spotRequestId }) => spotRequestId,
  'instance.group-id': ({ groupIds }) => groupIds,
  'group-id': ({ groupIds }) => groupIds,
  'network-interface.network-interface-id': ({ interfaceIds }) => interfaceIds,
  'block-device-mapping.volume-id': ({ volumeIds }) => volumeIds,
  'iam-instance-profile.arn': ({ profile }) => profile?.arn,
  architecture: ({ architecture }) => architecture,
}

const DescribeInstances = action(
  { InstanceId: many(text), Filter: filters, ...paging },
  (cloud, parameters) => {
    const { InstanceId: ids } = parameters
    if (ids.length > 0 && parameters.MaxResults !== undefined) {
      const why = 'The parameter instancesSet cannot be used with the parameter maxResults'
      throw new Ec2Error('InvalidParameterCombination', why)
    }
    const all = ids.length > 0 ? cloud.instances.needAll(ids) : cloud.instances.seen()
    const found = filtered(all, parameters.Filter, FIELDS)
    const { page, nextToken } = pageOf(
      found,
      parameters,
      `DescribeInstances${JSON.stringify(parameters.Filter)}`,
    )
    const reservations = Map.groupBy(page, ({ reservationId }) => reservationId)
    return {
      reservationSet: [...reservations.values()].map((instances) => reservationXml(cloud, instances)),
      nextToken,
    }
  },
)

function reservationXml(cloud: Cloud, instances: Instance[]): XmlTree {
  return {
    reservationId: instances[0]?.reservationId,
    ownerId: cloud.options.accountId,
    groupSet: [],
    instancesSet: instances.map((one) => instanceXml(cloud, one)),
  }
}

const DescribeInstanceStatus = action(
  { InstanceId: many(text), IncludeAllInstances: flag.optional(), Filter: filters, ...paging },
  (cloud, parameters) => {
    const { InstanceId: ids, IncludeAllInstances: everyState = false } = parameters
    const all = ids.length > 0 ? cloud.instances.needAll(ids) : cloud.instances.seen()
    const shown = all.filter(({ state }) => everyState || state === 'running')
    const found = filtered(shown, parameters.Filter, {
      ...FIELDS,
      'instance-status.status': ({ status }) => status.instance,
      'system-status.status': ({ status }) => status.system,
    })
    const scope = `DescribeInstanceStatus${everyState}${JSON.stringify(parameters.Filter)}`
    const { page, nextToken } = pageOf(found, parameters, scope)
    return { instanceStatusSet: page.map((one) => statusXml(cloud, one)), nextToken }
  },
)

function statusXml(cloud: Cloud, one: Instance): XmlTree {
  const check = (status: Instance['status']['instance']): XmlTree => {
    if (status === 'not-applicable') return { status }
    const passed = { ok: 'passed', impaired: 'failed', initializing: 'initializing' }[status]
    const impairedSince = status === 'impaired' ? date(one.status.impairedMs) : undefined
    return { status, details: [{ name: 'reachability', status: passed, impairedSince }] }
  }
  return {
    instanceId: one.id,
    availabilityZone: one.zone,
    availabilityZoneId: zoneId(cloud, one.zone),
    instanceState: stateXml(one.state),
    systemStatus: check(one.status.system),
    instanceStatus: check(one.status.instance),
  }
}

const ENDING = { Force: flag.optional(), SkipOsShutdown: flag.optional() }

const howToEnd = (asked: { Force?: boolean | undefined; SkipOsShutdown?: boolean | undefined }): HowToEnd =>
  asked.Force || asked.SkipOsShutdown ? 'at-once' : 'in-order'

const byUser = {
  code: 'Client.UserInitiatedShutdown',
  message: 'Client.UserInitiatedShutdown: User initiated shutdown',
}

const TerminateInstances = action({ InstanceId: many(text), ...ENDING }, (cloud, parameters) => {
  const all = cloud.instances.needAll(needIds(parameters.InstanceId))
  const safe = all.find((one) => one.protected && one.state !== 'terminated')
  if (safe) {
    const why = `The instance '${safe.id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`
    throw new Ec2Error('OperationNotPermitted', why)
  }
  return { instancesSet: all.map((one) => changed(one, () => end(cloud, one, byUser, howToEnd(parameters)))) }
})

const StopInstances = action(
  { InstanceId: many(text), Hibernate: flag.optional(), ...ENDING },
  (cloud, parameters) => {
    const all = cloud.instances.needAll(needIds(parameters.InstanceId))
    for (const one of all) checkStop(one, parameters.Hibernate ?? false)
    const how = { reason: byUser, asleep: parameters.Hibernate ?? false, ending: howToEnd(parameters) }
    const stop = (one: Instance) => {
      if (one.state === 'running') halt(cloud, one, how)
      // One that takes its time to end is forced by a second call.
      else if (one.state === 'stopping' && how.ending === 'at-once') hurry(cloud, one)
    }
    return { instancesSet: all.map((one) => changed(one, () => stop(one))) }
  },
)

function checkStop(one: Instance, asleep: boolean): void {
  if (!['running', 'stopping', 'stopped'].includes(one.state)) throw wrongState(one, 'stopped')
  if (asleep && !one.hibernation) {
    const why = `Unable to hibernate instance '${one.id}': it was not configured for hibernation at launch`
    throw new Ec2Error('UnsupportedHibernationConfiguration', why)
  }
  if (one.spotRequestId && !asleep) {
    const why = `You can't stop the Spot Instance '${one.id}' because it is associated with a one-time Spot Instance request. You can only stop Spot Instances associated with persistent Spot Instance requests.`
    throw new Ec2Error('UnsupportedOperation', why)
  }
}

const StartInstances = action(
  { InstanceId: many(text), AdditionalInfo: text.optional() },
  (cloud, parameters) => {
    const all = cloud.instances.needAll(needIds(parameters.InstanceId))
    for (const one of all)
      if (!['pending', 'running', 'stopped'].includes(one.state)) throw wrongState(one, 'started')
    const start = (one: Instance) => {
      if (one.state !== 'stopped') return
      one.launchedMs = cloud.nowMs()
      begin(cloud, one)
    }
    return { instancesSet: all.map((one) => changed(one, () => start(one))) }
  },
)

const GetConsoleOutput = action({ InstanceId: text, Latest: flag.optional() }, (cloud, parameters) => {
  const one = cloud.instances.need(parameters.InstanceId)
  const output = Buffer.from(one.console).toString('base64')
  return { instanceId: one.id, timestamp: new Date(cloud.nowMs()), output }
})

function changed(one: Instance, change: () => unknown): XmlTree {
  const before: InstanceState = one.state
  change()
  return { instanceId: one.id, currentState: stateXml(one.state), previousState: stateXml(before) }
}

function needIds(ids: string[]): string[] {
  if (ids.length > 0) return ids
  throw new Ec2Error('MissingParameter', 'The request must contain the parameter InstanceId')
}

const wrongState = (one: Instance, wanted: string): Ec2Error =>
  new Ec2Error(
    'IncorrectInstanceState',
    `The instance '${one.id}' is not in a state from which it can be ${wanted}.`,
  )

export const instanceActions = {
  RunInstances,
  DescribeInstances,
  DescribeInstanceStatus,
  TerminateInstances,
  StopInstances,
  StartInstances,
  GetConsoleOutput,
}
