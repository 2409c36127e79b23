import { setTimeout as delay } from 'node:timers/promises'
import { PlatformError } from '@openzimki/core'
import type { CheckResult, Machine, MachineSpec, Offering, ProviderManifest } from './contract.ts'
import type { MachineDriver } from './machine-driver.ts'

interface FakeMachine {
  owner: string
  machine: Machine
  env: Readonly<Record<string, string>>
  output: string
  /** It was launched to be prepared and was not started. */
  waits: boolean
  /** Whoever waits for its end is told. */
  ended: AbortController
}

/** The infrastructure behind fake drivers: several drivers over one see the same machines, as after a restart. */
export class FakeInfrastructure {
  readonly machines = new Map<string, FakeMachine>()
  /** Called with the owner and id of each machine that ends or goes. */
  readonly listeners = new Set<(owner: string, id: string) => void>()
  readonly capacity: number
  #count = 0

  constructor(capacity = 100) {
    this.capacity = capacity
  }

  /** Names of all machines of all owners. */
  get natives(): string[] {
    return [...this.machines.values()].map(({ machine }) => machine.native)
  }

  nextNative(): string {
    this.#count += 1
    return `fake ${this.#count}`
  }

  /** Ends a machine behind everyone's back. */
  crash(native: string): void {
    for (const found of this.machines.values()) {
      if (found.machine.native !== native) continue
      Object.assign(found.machine, { state: 'failed', reason: 'it was ended from outside' })
      this.end(found)
    }
  }

  /** It has ended or is gone: whoever waits or listens is told. */
  end({ owner, machine, ended }: FakeMachine): void {
    ended.abort()
    for (const listener of this.listeners) listener(owner, machine.id)
  }
}

const ZONES = ['here', 'there']

/**
 * Machines in memory, for tests of whatever uses a provider. They run, or are prepared, as soon as somebody looks; one whose environment has
 * `STUBBORN` only ends by force.
 */
export class FakeDriver implements MachineDriver {
  readonly name = 'fake'
  readonly owner: string
  readonly manifest: ProviderManifest = {
    isolation: 'process',
    hardening: [],
    logs: true,
    gracefulStop: true,
    outlivesPlatform: true,
    watch: true,
    preparesMachines: true,
    maxEnvBytes: 4_096,
  }
  readonly #world: FakeInfrastructure

  constructor(world: FakeInfrastructure, owner: string) {
    this.#world = world
    this.owner = owner
  }

  async offerings(): Promise<Offering[]> {
    const capacity = this.#world.capacity - this.#world.machines.size
    return ['small', 'large'].flatMap((size) =>
      ZONES.map((zone) => ({ size, zone, cpus: 1, memoryBytes: 1 << 30, price: null, capacity })),
    )
  }

  async launch(spec: MachineSpec, fingerprint: string): Promise<Machine> {
    const there = this.#find(spec.id)
    if (there) return { ...there.machine }
    const machine: Machine = {
      id: spec.id,
      size: spec.size,
      zone: spec.zone ?? 'here',
      state: 'starting',
      reason: null,
      createdAtMs: Date.now(),
      native: this.#world.nextNative(),
      fingerprint,
    }
    const made = { owner: this.owner, machine, env: spec.env, output: '', waits: spec.prepared === true }
    this.#world.machines.set(this.#key(spec.id), { ...made, ended: new AbortController() })
    if (!made.waits) this.#run(spec.id)
    return { ...machine }
  }

  async start(id: string): Promise<void> {
    const found = this.#find(id)
    if (found?.waits !== true) return
    if (found.machine.state !== 'prepared')
      throw new PlatformError('NO_CAPACITY', `machine ${id} is still being prepared: try again`)
    found.machine.state = 'starting'
    this.#run(id)
  }

  #run(id: string): void {
    const found = this.#find(id)
    if (!found) return
    found.waits = false
    found.output += `hello ${found.env.PROBE ?? ''}\n`
  }

  async inspect(id: string): Promise<Machine | null> {
    const found = this.#find(id)
    if (!found) return null
    if (found.machine.state === 'starting') found.machine.state = found.waits ? 'prepared' : 'running'
    return { ...found.machine }
  }

  async list(): Promise<Machine[]> {
    const ours = [...this.#world.machines.values()].filter(({ owner }) => owner === this.owner)
    return ours.map(({ machine }) => ({ ...machine }))
  }

  async stop(id: string, graceMs: number, signal?: AbortSignal): Promise<void> {
    const found = this.#find(id)
    if (!found || found.machine.state === 'failed' || found.machine.state === 'stopped') return
    if (found.waits) graceMs = 0
    if (graceMs > 0 && found.env.STUBBORN === undefined) found.output += 'bye\n'
    else if (graceMs > 0) {
      found.machine.state = 'stopping'
      await endsWithin(found, graceMs, signal)
      if (found.machine.state !== 'stopping') return
    }
    found.machine.state = 'stopped'
    this.#world.end(found)
  }

  async destroy(id: string): Promise<void> {
    const found = this.#find(id)
    this.#world.machines.delete(this.#key(id))
    if (found) this.#world.end(found)
  }

  async logs(id: string, maxBytes: number): Promise<string> {
    return Buffer.from(this.#find(id)?.output ?? '')
      .subarray(-maxBytes)
      .toString('utf8')
  }

  async *watch(signal: AbortSignal): AsyncGenerator<string | null> {
    const told: (string | null)[] = [null]
    let wake: () => void = () => undefined
    const listener = (owner: string, id: string) => {
      if (owner === this.owner) told.push(id)
      wake()
    }
    const stop = () => wake()
    this.#world.listeners.add(listener)
    signal.addEventListener('abort', stop, { once: true })
    try {
      while (!signal.aborted) {
        yield* told.splice(0)
        if (told.length === 0 && !signal.aborted) await new Promise<void>((resolve) => (wake = resolve))
      }
    } finally {
      this.#world.listeners.delete(listener)
      signal.removeEventListener('abort', stop)
    }
  }

  async check(): Promise<CheckResult> {
    return { ok: true, findings: [{ level: 'info', text: 'machines are made up and cost nothing' }] }
  }

  async close(): Promise<void> {
    // There is no connection.
  }

  mapError(thrown: unknown): PlatformError {
    return PlatformError.from(thrown)
  }

  #key(id: string): string {
    return `${this.owner}/${id}`
  }

  #find(id: string): FakeMachine | undefined {
    return this.#world.machines.get(this.#key(id))
  }
}

/** Resolves when somebody ends the machine, or after its grace; rejects when the signal aborts. */
async function endsWithin({ ended }: FakeMachine, graceMs: number, signal?: AbortSignal): Promise<void> {
  const either = AbortSignal.any([ended.signal, ...(signal ? [signal] : [])])
  await delay(graceMs, undefined, { signal: either }).catch(() => signal?.throwIfAborted())
}
