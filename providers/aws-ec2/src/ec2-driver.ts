import { setTimeout as delay } from 'node:timers/promises'
import type { EC2Client, Instance } from '@aws-sdk/client-ec2'
import { PlatformError } from '@openzimki/core'
import {
  type CheckResult,
  type Machine,
  type MachineDriver,
  type MachineSpec,
  MachineTurns,
  type Offering,
  type ProviderManifest,
} from '@openzimki/provider'
import type { CheckedEc2Config } from './config.ts'
import { askToEnd, forceToEnd, hasEnded, terminate } from './instances/end-instance.ts'
import { eldestFirst, instanceMachine } from './instances/instance-machine.ts'
import { InstanceTable } from './instances/instance-table.ts'
import { Launcher } from './instances/launcher.ts'
import { isAtRest } from './instances/preparation.ts'
import { Preparations } from './instances/preparations.ts'
import { readConsole } from './instances/read-console.ts'
import { startInstance } from './instances/start-instance.ts'
import { readTags } from './machine-tags.ts'
import { ec2Manifest } from './manifest.ts'
import { mapError } from './map-error.ts'
import { MarketReader } from './offerings/market-reader.ts'
import { offeringsOf } from './offerings/offerings.ts'
import { StrayKeeper } from './sweep/stray-keeper.ts'

/** Between looks at an instance that is to end; one look serves all that end. */
const LOOK_MS = 1_000
/** EC2 ends an instance whose plug was pulled in a few seconds, and sometimes not for a minute. */
const FORCED_WAIT_MS = 50_000
/** A launch that is under way does not hold up the platform's end for longer. */
const CLOSE_WAIT_MS = 10_000

export interface Ec2DriverOptions {
  config: CheckedEc2Config
  ec2: EC2Client
  /** Shared by several drivers of one account and configuration. Default: its own. */
  market?: MarketReader
  nowMs?(): number
  /** Between looks at an instance that is to end. Default 1,000; for clouds that end them at once. */
  lookMs?: number
}

/** A machine is an instance, known by its tags; EC2 keeps all that there is to know. */
export class Ec2Driver implements MachineDriver {
  readonly name = 'aws-ec2'
  readonly owner: string
  readonly manifest: ProviderManifest
  readonly mapError = mapError
  readonly #config: CheckedEc2Config
  readonly #ec2: EC2Client
  readonly #table: InstanceTable
  readonly #strays: StrayKeeper
  readonly #market: MarketReader
  readonly #launcher: Launcher
  readonly #preparations: Preparations
  readonly #turns = new MachineTurns()
  readonly #closing = new AbortController()
  readonly #lookMs: number

  constructor({ config, ec2, market, nowMs = Date.now, lookMs = LOOK_MS }: Ec2DriverOptions) {
    this.#config = config
    this.#lookMs = lookMs
    this.#ec2 = ec2
    this.owner = config.owner
    this.manifest = ec2Manifest(config)
    this.#strays = new StrayKeeper({ ec2, config, nowMs })
    this.#table = new InstanceTable({ ec2, owner: config.owner, refreshMs: config.refreshMs, nowMs })
    this.#market = market ?? new MarketReader({ ec2, config, nowMs })
    this.#preparations = new Preparations({ ec2, nowMs })
    this.#launcher = new Launcher({
      ...{ ec2, config, market: this.#market, table: this.#table },
      closed: this.#closing.signal,
    })
  }

  async offerings(): Promise<Offering[]> {
    const { sizes, maxMachines } = this.#config
    const [market, machines] = await Promise.all([this.#market.read(), this.#machines()])
    return offeringsOf(sizes, market, Math.max(0, maxMachines - machines.length))
  }

  /** Goes on when its caller gives up: what was asked of EC2 comes true or not, and is settled before anything else of this id. */
  launch(spec: MachineSpec, fingerprint: string): Promise<Machine> {
    return this.#turns.run(spec.id, async () => {
      const instance = await this.#launcher.launch(spec, fingerprint)
      const machine = await this.#seen(spec.id, [instance])
      if (machine) return machine
      throw new PlatformError('INTERNAL', `machine ${spec.id} was destroyed while it was being launched`)
    })
  }

  /** That it was asked to is written down at EC2 before it is: whoever looks next knows. */
  start(id: string, signal: AbortSignal): Promise<void> {
    return this.#turns.run(id, async () => {
      const instance = await this.#fresh(id)
      if (!instance || !isAtRest(instance)) return
      const { state, reason } = (await this.#seen(id, [instance])) ?? { state: 'gone', reason: null }
      if (state !== 'prepared') throw notPrepared(id, state, reason)
      try {
        await startInstance(this.#ec2, instance, signal)
      } finally {
        this.#table.changed()
      }
    })
  }

  async inspect(id: string): Promise<Machine | null> {
    return (await this.#seen(id, await this.#table.all())) ?? this.#seen(id, await this.#table.of(id))
  }

  async list(): Promise<Machine[]> {
    const machines = await this.#machines()
    await this.#strays.sweepWhenDue()
    return machines
  }

  async #machines(): Promise<Machine[]> {
    const instances = (await this.#table.all()).toSorted(eldestFirst)
    await this.#preparations.look(instances)
    const machines = new Map<string, Machine>()
    for (const instance of instances) {
      const machine = this.#view(instance)
      if (machine && !machines.has(machine.id)) machines.set(machine.id, machine)
    }
    return [...machines.values()]
  }

  async stop(id: string, graceMs: number, signal: AbortSignal): Promise<void> {
    // Only the launch is waited for: a destroy may cut a long grace short.
    await this.#turns.settled(id)
    const instance = await this.#fresh(id)
    if (!instance || hasEnded(instance)) return
    try {
      if (graceMs > 0) {
        await askToEnd(this.#ec2, instance)
        if (await this.#endsWithin(id, graceMs, signal)) return
      }
      await forceToEnd(this.#ec2, instance)
      if (await this.#endsWithin(id, FORCED_WAIT_MS, signal)) return
    } finally {
      this.#table.changed()
    }
    throw new PlatformError(
      'TIMEOUT',
      `instance ${instance.InstanceId} does not end; try again, or look at it in the console`,
    )
  }

  destroy(id: string, signal: AbortSignal): Promise<void> {
    return this.#turns.run(id, async () => {
      const found = await this.#table.of(id)
      if (found.length === 0) return
      await terminate(this.#ec2, found)
      await this.#terminated(id, signal)
      for (const { InstanceId = '' } of found) {
        this.#table.gone(InstanceId)
        this.#preparations.forget(InstanceId)
      }
    })
  }

  async logs(id: string, maxBytes: number): Promise<string> {
    const instance = await this.#fresh(id)
    return instance ? readConsole(this.#ec2, instance.InstanceId ?? '', maxBytes) : ''
  }

  async check(signal: AbortSignal): Promise<CheckResult> {
    const { quickCheck } = await import('./check/quick-check.ts')
    const { ok, findings } = await quickCheck({
      ...{ ec2: this.#ec2, config: this.#config, market: this.#market },
      signal,
    })
    return { ok, findings: [...findings, ...this.#strays.findings()] }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    const waited = new AbortController()
    await Promise.race([this.#turns.idle(), delay(CLOSE_WAIT_MS, undefined, { signal: waited.signal })])
    waited.abort()
    this.#ec2.destroy()
  }

  #view(instance: Instance): Machine | null {
    return instanceMachine(instance, this.owner, this.#preparations.of(instance))
  }

  async #seen(id: string, instances: readonly Instance[]): Promise<Machine | null> {
    const own = instances.filter(({ Tags }) => readTags(Tags, this.owner)?.id === id).toSorted(eldestFirst)
    await this.#preparations.look(own)
    return own.flatMap((instance) => this.#view(instance) ?? [])[0] ?? null
  }

  async #fresh(id: string): Promise<Instance | undefined> {
    return (await this.#table.of(id)).find((instance) => instanceMachine(instance, this.owner) !== null)
  }

  /** Also when it was destroyed meanwhile. */
  async #endsWithin(id: string, withinMs: number, signal: AbortSignal): Promise<boolean> {
    const untilMs = performance.now() + withinMs
    for (;;) {
      this.#table.changed()
      const seen = (await this.#table.all()).find(({ Tags }) => readTags(Tags, this.owner)?.id === id)
      if (!seen || hasEnded(seen)) return true
      const leftMs = untilMs - performance.now()
      if (leftMs <= 0) return false
      await delay(Math.min(this.#lookMs, leftMs), undefined, { signal })
    }
  }

  /** Until nothing of it runs any more. */
  async #terminated(id: string, signal: AbortSignal): Promise<void> {
    while ((await this.#table.of(id, { alsoGone: true })).some(({ State }) => State?.Name !== 'terminated')) {
      await delay(this.#lookMs, undefined, { signal })
    }
  }
}

function notPrepared(id: string, state: string, reason: string | null): PlatformError {
  if (state === 'starting')
    return new PlatformError(
      'NO_CAPACITY',
      `machine ${id} is still being prepared: try again, or launch another`,
    )
  const why = reason === null ? '' : `: ${reason}`
  return new PlatformError('INVALID_ARGUMENT', `machine ${id} is ${state} and cannot be started${why}`)
}
