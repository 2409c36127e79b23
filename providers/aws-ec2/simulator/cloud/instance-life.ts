import type { HowToEnd } from '../machine/hypervisor.ts'
import type { Cloud } from './cloud.ts'
import { dropInterface } from './interfaces.ts'
import type { Instance } from './model.ts'
import { hostNameOf } from './names.ts'
import { endSpotRequest, setSpotStatus } from './spot-requests.ts'

// How an instance goes from state to state. Each step checks that nothing else happened meanwhile; what it holds goes with it.

type Reason = NonNullable<Instance['reason']>

const LAUNCH_FAILED: Reason = {
  code: 'Server.InternalError',
  message: 'Server.InternalError: Internal error on launch',
}
const MOST_CONSOLE = 65_536

/** From nothing, or from stopped, to running. */
export function begin(cloud: Cloud, instance: Instance): void {
  const { times } = cloud.options
  instance.state = 'pending'
  instance.reason = null
  instance.reasonText = ''
  const fault = cloud.faults.strike('boot-failure', { instanceType: instance.type })
  cloud.schedule.in(times.pendingMs, () => {
    if (instance.state !== 'pending') return
    if (fault?.how === 'ends') return end(cloud, instance, LAUNCH_FAILED)
    instance.state = 'running'
    instance.status = { instance: 'initializing', system: 'initializing', impairedMs: null }
    if (fault)
      writeConsole(instance, '[    0.812345] Kernel panic - not syncing: VFS: Unable to mount root fs\n')
    else boot(cloud, instance)
    cloud.schedule.in(times.checksMs, () => {
      if (instance.state !== 'running' || instance.status.instance !== 'initializing') return
      const dark = cloud.outages.has(instance.zone)
      setChecks(cloud, instance, fault || dark ? 'impaired' : 'ok', dark ? 'impaired' : 'ok')
    })
  })
}

function boot(cloud: Cloud, instance: Instance): void {
  const { hypervisor } = cloud.options
  if (!hypervisor) return
  instance.hibernated = false
  const started = hypervisor.start({
    instanceId: instance.id,
    privateIp: instance.privateIp,
    hostName: hostNameOf(instance),
    onConsole: (text) => writeConsole(instance, text),
    onEnd: () => endFromWithin(cloud, instance),
  })
  started.catch((thrown: unknown) => {
    writeConsole(instance, `the machine does not start: ${thrown}\n`)
    if (instance.state === 'running') end(cloud, instance, LAUNCH_FAILED)
  })
}

function endFromWithin(cloud: Cloud, instance: Instance): void {
  if (instance.state !== 'running') return
  const reason = {
    code: 'Client.InstanceInitiatedShutdown',
    message: 'Client.InstanceInitiatedShutdown: Instance initiated shutdown',
  }
  if (instance.onShutdown === 'terminate') end(cloud, instance, reason)
  else halt(cloud, instance, { reason, asleep: false })
}

/** To stopped; its disks stay. */
export function halt(
  cloud: Cloud,
  instance: Instance,
  how: { reason: Reason; asleep: boolean; ending?: HowToEnd },
): void {
  instance.state = 'stopping'
  instance.reason = how.reason
  instance.reasonText = userText(cloud, how.reason)
  noChecks(instance)
  const halted =
    cloud.options.hypervisor?.stop(instance.id, { asleep: how.asleep, how: how.ending ?? 'in-order' }) ??
    Promise.resolve()
  const done = () => {
    if (instance.state !== 'stopping') return
    instance.state = 'stopped'
    instance.hibernated = how.asleep
    instance.publicIp = undefined
    setSpotStatus(cloud, instance, 'instance-stopped-by-user', 'Spot Instance stopped by user.')
  }
  afterward(cloud, instance, halted, cloud.options.times.stoppingMs, done)
}

/** Pulls the plug of one that is stopping. */
export function hurry({ options }: Cloud, { id }: Instance): void {
  void options.hypervisor?.stop(id, { asleep: false, how: 'at-once' })
}

/** To terminated, with all that goes with it; described for a while yet. */
export function end(cloud: Cloud, instance: Instance, reason: Reason, how: HowToEnd = 'in-order'): void {
  if (instance.state === 'shutting-down' || instance.state === 'terminated') return
  instance.state = 'shutting-down'
  instance.reason = reason
  instance.reasonText = userText(cloud, reason)
  noChecks(instance)
  const gone = cloud.options.hypervisor?.destroy(instance.id, how) ?? Promise.resolve()
  const done = () => {
    instance.state = 'terminated'
    instance.publicIp = undefined
    freeAll(cloud, instance)
    endSpotRequest(cloud, instance)
    cloud.schedule.in(cloud.options.times.lingerMs, () => {
      cloud.instances.drop(instance.id)
      if (instance.spotRequestId) cloud.spotRequests.drop(instance.spotRequestId)
    })
  }
  afterward(cloud, instance, gone, cloud.options.times.shuttingDownMs, done)
}

/** Not before its time, and not before the machine has really ended. */
function afterward(
  cloud: Cloud,
  instance: Instance,
  ended: Promise<void>,
  delayMs: number,
  done: () => void,
): void {
  const failed = (thrown: unknown) => writeConsole(instance, `the machine does not end: ${thrown}\n`)
  if (!cloud.options.hypervisor) cloud.schedule.in(delayMs, done)
  else void ended.catch(failed).then(() => cloud.schedule.in(delayMs, done))
}

function freeAll(cloud: Cloud, instance: Instance): void {
  for (const id of instance.volumeIds) {
    const volume = cloud.volumes.own(id)
    if (volume?.attachment?.deleteOnTermination) cloud.volumes.drop(id)
    else if (volume) volume.attachment = null
  }
  for (const id of instance.interfaceIds) {
    const one = cloud.interfaces.own(id)
    if (one?.attachment?.deleteOnTermination) dropInterface(cloud, one)
    else if (one) one.attachment = null
  }
  instance.volumeIds = []
  instance.interfaceIds = []
}

export function setChecks(
  cloud: Cloud,
  instance: Instance,
  own: 'ok' | 'impaired',
  system: 'ok' | 'impaired',
): void {
  const impairedMs = own === 'impaired' || system === 'impaired' ? cloud.nowMs() : null
  instance.status = { instance: own, system, impairedMs }
}

function noChecks(instance: Instance): void {
  instance.status = { instance: 'not-applicable', system: 'not-applicable', impairedMs: null }
}

export function writeConsole(instance: Instance, text: string): void {
  instance.console = `${instance.console}${text}`.slice(-MOST_CONSOLE)
}

function userText(cloud: Cloud, reason: Reason): string {
  if (!reason.code.startsWith('Client.User')) return reason.code
  const at = new Date(cloud.nowMs()).toISOString().replace('T', ' ').slice(0, 19)
  return `User initiated (${at} GMT)`
}
