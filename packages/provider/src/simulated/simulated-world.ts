import { PlatformError } from '@openzimki/core'
import type { Machine, MachineSpec, Offering } from '../contract.ts'
import { seededRandom } from './seeded-random.ts'
import { endMachine, type MachineEnd, restMs, type SimulatedMachine, viewOf } from './simulated-machine.ts'
import { type ResolvedOptions, resolveOptions, type SimulatedOptions } from './simulated-options.ts'
import { HOUR_MS, SpotMarket } from './spot-market.ts'
import { VirtualClock } from './virtual-clock.ts'

/** 1 machine in 100 takes more than four times the median to boot. */
const BOOT_SPREAD = Math.log(4) / 2.326

export interface SimulatedCost {
  amount: number
  currency: string
  machineHours: number
}

/**
 * A cloud in memory on a virtual clock: offerings by zone and size with prices, spot machines that are taken back, boot times, capacity
 * and quota, machines that die, calls that fail, zones that go dark. The same seed and the same calls give the same world.
 */
export class SimulatedWorld {
  readonly options: ResolvedOptions
  readonly clock: VirtualClock
  /** One sequence for everything left to chance, in order of use. */
  readonly random: () => number
  readonly #market: SpotMarket
  /** By owner and id. */
  readonly #machines = new Map<string, SimulatedMachine>()
  readonly #countByOffering = new Map<string, number>()
  readonly #countByOwner = new Map<string, number>()
  readonly #outages: { zone: string; fromMs: number; untilMs: number }[] = []
  /** Of machines that are destroyed. */
  readonly #settled = new Map<string, { amount: number; ms: number }>()
  #made = 0

  constructor(options: SimulatedOptions = {}) {
    this.options = resolveOptions(options)
    this.clock = new VirtualClock(this.options.startMs)
    this.random = seededRandom(this.options.seed)
    this.#market = new SpotMarket(this.options.seed)
  }

  /** A zone goes dark from now on: its machines fail, and launches there find no capacity. */
  failZone(zone: string, forMs: number): void {
    const nowMs = this.clock.nowMs()
    this.#outages.push({ zone, fromMs: nowMs, untilMs: nowMs + forMs })
  }

  /** Ends a machine behind everyone's back. */
  crash(native: string): void {
    for (const machine of this.#machines.values()) {
      if (machine.native === native) this.end(machine, 'failed', 'it was ended from outside')
    }
  }

  /** Names of all machines of all owners. */
  get natives(): string[] {
    return Array.from(this.#machines.values(), ({ native }) => native)
  }

  /** What an owner has used up to now, destroyed machines included. */
  cost(owner: string): SimulatedCost {
    const settled = this.#settled.get(owner) ?? { amount: 0, ms: 0 }
    let { amount, ms } = settled
    for (const machine of this.#machines.values()) {
      if (machine.owner !== owner) continue
      amount += this.#amountOf(machine)
      ms += this.#lifeMs(machine)
    }
    return { amount, currency: this.options.currency, machineHours: ms / HOUR_MS }
  }

  /** Of an hour, at any time. INVALID_ARGUMENT for a size that there is not. */
  priceAt(size: string, zone: string, atMs = this.clock.nowMs()): number {
    return this.#market.priceAt(this.#size(size), zone, atMs)
  }

  offerings(owner: string): Offering[] {
    const { sizes, zones, capacity, quota, currency } = this.options
    const nowMs = this.clock.nowMs()
    const quotaLeft = quota - (this.#countByOwner.get(owner) ?? 0)
    return sizes.flatMap((size) =>
      zones.map((zone) => {
        const free = this.#isDark(zone)
          ? 0
          : capacity - (this.#countByOffering.get(`${size.size} ${zone}`) ?? 0)
        const { cpus, memoryBytes } = size
        const price = { amount: this.#market.priceAt(size, zone, nowMs), currency }
        return {
          size: size.size,
          zone,
          cpus,
          memoryBytes,
          price,
          capacity: Math.max(0, Math.min(free, quotaLeft)),
          ...(size.isSpot ? { prepares: false } : {}),
        }
      }),
    )
  }

  /** Makes a machine, or gives the one of that id. NO_CAPACITY, QUOTA_EXCEEDED. */
  make(owner: string, spec: MachineSpec, fingerprint: string): SimulatedMachine {
    const there = this.find(owner, spec.id)
    if (there) return there
    const size = this.#size(spec.size)
    if ((this.#countByOwner.get(owner) ?? 0) >= this.options.quota) {
      throw new PlatformError(
        'QUOTA_EXCEEDED',
        `the quota of ${this.options.quota} machines is used up: destroy some`,
      )
    }
    const zone = this.#roomFor(size.size, spec.zone)
    const machine = this.#newMachine(owner, spec, { size, zone, fingerprint })
    this.#machines.set(`${owner}/${spec.id}`, machine)
    this.#count(machine, 1)
    return machine
  }

  /** Starts one that is prepared. NO_CAPACITY: it is not yet, or its zone is dark. */
  start(machine: SimulatedMachine): void {
    const { preparedAtMs, startedAtMs, spec, zone } = machine
    const nowMs = this.clock.nowMs()
    if (preparedAtMs === null || startedAtMs !== null || machine.end) return
    if (nowMs < preparedAtMs || this.#isDark(zone)) {
      const why = nowMs < preparedAtMs ? 'it is still being prepared' : `there is no room in ${zone}`
      throw new PlatformError('NO_CAPACITY', `machine ${spec.id} cannot be started now: ${why}; try again`)
    }
    machine.startedAtMs = nowMs
    machine.runsAtMs = nowMs + this.#bootMs(this.options.preparedBootMs)
    machine.output += helloOf(spec)
  }

  find(owner: string, id: string): SimulatedMachine | undefined {
    return this.#machines.get(`${owner}/${id}`)
  }

  /** As it is now. */
  view(machine: SimulatedMachine): Machine {
    this.settle(machine)
    return viewOf(machine, this.clock.nowMs())
  }

  machinesOf(owner: string): SimulatedMachine[] {
    return [...this.#machines.values()].filter((machine) => machine.owner === owner)
  }

  /** When a spot machine will be taken back, from `noticeMs` before on, as the machine itself is told; null: it is not. */
  noticeOf(owner: string, id: string): number | null {
    const machine = this.find(owner, id)
    if (!machine || machine.end) return null
    const { size, zone, createdAtMs } = machine
    return this.#market.reclaimedAtMs(size, zone, createdAtMs, this.clock.nowMs() + this.options.noticeMs)
  }

  /** Lets happen to it what should have by now. */
  settle(machine: SimulatedMachine): void {
    const nowMs = this.clock.nowMs()
    if (machine.end) return
    const fate = this.#fatesOf(machine, nowMs)
      .filter(({ atMs }) => atMs <= nowMs)
      .toSorted((a, b) => a.atMs - b.atMs)[0]
    if (fate) endMachine(machine, fate)
  }

  end(machine: SimulatedMachine, state: MachineEnd['state'], reason: string | null): void {
    this.settle(machine)
    endMachine(machine, { atMs: this.clock.nowMs(), state, reason })
  }

  remove(machine: SimulatedMachine): void {
    const { owner, spec } = machine
    if (!this.#machines.delete(`${owner}/${spec.id}`)) return
    this.end(machine, 'stopped', null)
    this.#count(machine, -1)
    const { amount, ms } = this.#settled.get(owner) ?? { amount: 0, ms: 0 }
    this.#settled.set(owner, { amount: amount + this.#amountOf(machine), ms: ms + this.#lifeMs(machine) })
  }

  #newMachine(
    owner: string,
    spec: MachineSpec,
    where: Pick<SimulatedMachine, 'size' | 'zone' | 'fingerprint'>,
  ) {
    const { bootMs, failures } = this.options
    const isPrepared = spec.prepared === true
    const nowMs = this.clock.nowMs()
    this.#made += 1
    const readyAtMs = nowMs + this.#bootMs(bootMs)
    return {
      ...{ owner, spec, ...where, native: `sim-${this.#made}`, createdAtMs: nowMs },
      runsAtMs: readyAtMs,
      ...{ preparedAtMs: isPrepared ? readyAtMs : null, startedAtMs: null },
      failsToBoot: this.random() < failures.bootFailureShare,
      diesAtMs: nowMs - Math.log(1 - this.random()) * failures.meanLifeMs,
      ...{ isStopping: false, end: null, ended: new AbortController() },
      output: isPrepared ? '' : helloOf(spec),
    }
  }

  #fatesOf(
    { size, zone, createdAtMs, failsToBoot, runsAtMs, preparedAtMs, diesAtMs }: SimulatedMachine,
    nowMs: number,
  ): MachineEnd[] {
    const reclaimedAtMs = this.#market.reclaimedAtMs(size, zone, createdAtMs, nowMs)
    const outage = this.#outages.find((one) => one.zone === zone && one.untilMs > createdAtMs)
    const fates: [number | null, string][] = [
      [diesAtMs, 'the machine under it died'],
      [failsToBoot ? (preparedAtMs ?? runsAtMs) : null, 'it did not boot'],
      [reclaimedAtMs, 'it was taken back: the spot price rose above the price on demand'],
      [outage ? Math.max(outage.fromMs, createdAtMs) : null, `zone ${zone} went dark`],
    ]
    return fates.flatMap(([atMs, reason]) =>
      atMs === null ? [] : [{ atMs, state: 'failed' as const, reason }],
    )
  }

  /** The zone asked for, or the one with the most room. */
  #roomFor(size: string, wanted: string | null): string {
    const room = (zone: string) =>
      this.#isDark(zone) ? 0 : this.options.capacity - (this.#countByOffering.get(`${size} ${zone}`) ?? 0)
    const zones = wanted === null ? this.options.zones : [wanted]
    const best = zones.toSorted((a, b) => room(b) - room(a))[0]
    if (best !== undefined && room(best) > 0) return best
    throw new PlatformError(
      'NO_CAPACITY',
      `there is no more room for ${size} in ${wanted ?? 'any zone'}: choose another`,
    )
  }

  #isDark(zone: string): boolean {
    const nowMs = this.clock.nowMs()
    return this.#outages.some((one) => one.zone === zone && one.fromMs <= nowMs && nowMs < one.untilMs)
  }

  #lifeMs(machine: SimulatedMachine): number {
    this.settle(machine)
    const endMs = machine.end?.atMs ?? this.clock.nowMs()
    return Math.max(0, endMs - machine.createdAtMs - restMs(machine, endMs))
  }

  /** Hour by hour, since the price of a spot machine moves. */
  #amountOf(machine: SimulatedMachine): number {
    const endMs = machine.createdAtMs + this.#lifeMs(machine)
    const { size, zone } = machine
    if (!size.isSpot) return (size.hourPrice * (endMs - machine.createdAtMs)) / HOUR_MS
    let amount = 0
    for (let atMs = machine.createdAtMs; atMs < endMs; ) {
      const nextMs = Math.min(endMs, (Math.floor(atMs / HOUR_MS) + 1) * HOUR_MS)
      amount += (this.#market.priceAt(size, zone, atMs) * (nextMs - atMs)) / HOUR_MS
      atMs = nextMs
    }
    return amount
  }

  #bootMs(medianMs: number): number {
    return Math.round(medianMs * Math.exp(BOOT_SPREAD * this.#normal()))
  }

  #count({ owner, size, zone }: SimulatedMachine, by: 1 | -1): void {
    const offering = `${size.size} ${zone}`
    this.#countByOffering.set(offering, (this.#countByOffering.get(offering) ?? 0) + by)
    this.#countByOwner.set(owner, (this.#countByOwner.get(owner) ?? 0) + by)
  }

  #size(name: string) {
    const found = this.options.sizes.find(({ size }) => size === name)
    if (found) return found
    throw new PlatformError('INVALID_ARGUMENT', `there is no size ${name}`)
  }

  /** Standard normal (Box and Muller). */
  #normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.random())) * Math.cos(2 * Math.PI * this.random())
  }
}

const helloOf = ({ env }: MachineSpec): string => `hello ${env.PROBE ?? ''}\n`
