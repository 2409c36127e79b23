import type { Cloud } from '../cloud/cloud.ts'
import { end, halt, setChecks, writeConsole } from '../cloud/instance-life.ts'
import type { Instance } from '../cloud/model.ts'
import { setSpotStatus } from '../cloud/spot-requests.ts'
import type { FaultInput } from '../faults/fault-rule.ts'
import type { CallCounter } from '../protocol/call-counter.ts'

export interface InterruptOptions {
  /** From the notice to the end; two minutes as in AWS unless the simulator was started otherwise. */
  noticeMs?: number
  /** A rebalance recommendation comes first, so long before the notice. */
  rebalanceFirstMs?: number
}

/** What a test does to the cloud while it runs. Everything here can also be asked over HTTP (control-door.ts). */
export class Control {
  readonly calls: CallCounter
  readonly #cloud: Cloud

  constructor(cloud: Cloud, calls: CallCounter) {
    this.#cloud = cloud
    this.calls = calls
  }

  /** Returns the number to take it back with. */
  addFault(rule: FaultInput): number {
    return this.#cloud.faults.add(rule)
  }

  removeFault(id: number): void {
    this.#cloud.faults.remove(id)
  }

  /** How many there were. */
  get faultsMet(): number {
    return this.#cloud.faults.struck
  }

  clearFaults(): void {
    this.#cloud.faults.clear()
  }

  /** AWS wants its spot capacity back. */
  interrupt(instanceId: string, options: InterruptOptions = {}): void {
    const cloud = this.#cloud
    const one = this.#running(instanceId)
    const request = one.spotRequestId ? cloud.spotRequests.own(one.spotRequestId) : undefined
    if (!request) throw new Error(`${instanceId} is not a spot instance; only those are interrupted`)
    const { noticeMs = cloud.options.times.noticeMs, rebalanceFirstMs } = options
    if (rebalanceFirstMs !== undefined) {
      this.recommendRebalance(instanceId)
      cloud.schedule.in(rebalanceFirstMs, () => notice(cloud, one, request.interruption, noticeMs))
    } else notice(cloud, one, request.interruption, noticeMs)
  }

  recommendRebalance(instanceId: string): void {
    this.#running(instanceId).notices.rebalanceMs = this.#cloud.nowMs()
  }

  /** Status checks fail from now on; nothing else happens to it. */
  impair(instanceId: string, check: 'instance' | 'system' = 'instance'): void {
    const one = this.#running(instanceId)
    setChecks(this.#cloud, one, 'impaired', check === 'system' ? 'impaired' : 'ok')
  }

  mend(instanceId: string): void {
    setChecks(this.#cloud, this.#running(instanceId), 'ok', 'ok')
  }

  /** Its kernel panics: what runs in it is gone, and AWS goes on calling it running. */
  async crash(instanceId: string): Promise<void> {
    const one = this.#running(instanceId)
    writeConsole(one, '[ 1000.000000] Kernel panic - not syncing: Fatal exception\n')
    this.impair(instanceId)
    await this.#cloud.options.hypervisor?.stop(instanceId, { asleep: false, how: 'at-once' })
  }

  /** A zone goes dark: its instances are not reached, their checks fail, and new ones find no capacity. */
  async darken(zone: string): Promise<void> {
    this.#cloud.outages.add(this.#zone(zone))
    await this.#setZone(zone, false)
  }

  async relight(zone: string): Promise<void> {
    this.#cloud.outages.delete(this.#zone(zone))
    await this.#setZone(zone, true)
  }

  async #setZone(zone: string, lit: boolean): Promise<void> {
    const state = lit ? 'ok' : 'impaired'
    const inside = this.#cloud.instances.every().filter((one) => one.zone === zone && one.state === 'running')
    for (const one of inside) {
      setChecks(this.#cloud, one, state, state)
      await this.#cloud.options.hypervisor?.setReachable(one.id, lit)
    }
  }

  /** All that would cost something or be left behind, by kind: not what is terminated or closed, nor the account's own network and images. */
  resources(): Record<string, string[]> {
    const cloud = this.#cloud
    cloud.schedule.runDue()
    const ids = (all: { id: string }[]) => all.map(({ id }) => id)
    return {
      instances: ids(cloud.instances.every().filter(({ state }) => state !== 'terminated')),
      volumes: ids(cloud.volumes.every()),
      networkInterfaces: ids(cloud.interfaces.every()),
      securityGroups: ids(cloud.groups.every().filter(({ name }) => name !== 'default')),
      launchTemplates: ids(cloud.templates.every()),
      spotRequests: ids(
        cloud.spotRequests.every().filter(({ state }) => state === 'open' || state === 'active'),
      ),
      vpcs: ids(cloud.vpcs.every().filter(({ isDefault }) => !isDefault)),
      subnets: ids(cloud.subnets.every().filter(({ isDefault }) => !isDefault)),
      internetGateways: ids(cloud.gateways.every().filter(({ position }) => position > cloud.furnishedUpTo)),
      routeTables: ids(cloud.routeTables.every().filter(({ main }) => !main)),
    }
  }

  #running(instanceId: string): Instance {
    this.#cloud.schedule.runDue()
    const one = this.#cloud.instances.own(instanceId)
    if (one?.state === 'running') return one
    throw new Error(`${instanceId} does not run (${one?.state ?? 'unknown'})`)
  }

  #zone(zone: string): string {
    if (this.#cloud.zoneNames.includes(zone)) return zone
    throw new Error(`there is no zone ${zone}; there are ${this.#cloud.zoneNames.join(', ')}`)
  }
}

function notice(
  cloud: Cloud,
  one: Instance,
  action: 'terminate' | 'stop' | 'hibernate',
  noticeMs: number,
): void {
  if (one.state !== 'running') return
  one.notices.action = { action, atMs: cloud.nowMs() + noticeMs }
  const word = action === 'terminate' ? 'termination' : 'stop'
  setSpotStatus(cloud, one, `marked-for-${word}`, `Spot instance is marked for ${word}.`)
  cloud.schedule.in(noticeMs, () => {
    if (one.state !== 'running') return
    if (action === 'terminate') {
      const message = 'Server.SpotInstanceTermination: Spot instance termination'
      return end(cloud, one, { code: 'Server.SpotInstanceTermination', message })
    }
    const message = 'Server.SpotInstanceShutdown: Spot instance shutdown'
    const reason = { code: 'Server.SpotInstanceShutdown', message }
    halt(cloud, one, { reason, asleep: action === 'hibernate' })
  })
}
