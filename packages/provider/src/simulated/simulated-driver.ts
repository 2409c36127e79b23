import { PlatformError } from '@openzimki/core'
import type { CheckResult, Machine, MachineSpec, Offering, ProviderManifest } from '../contract.ts'
import type { MachineDriver } from '../machine-driver.ts'
import type { SimulatedWorld } from './simulated-world.ts'

/** A machine that obeys ends this long after it was asked to. */
const ORDERLY_END_MS = 20

/** One owner's way into a simulated world. Every call takes time on its clock, and fails as often as its options say. */
export class SimulatedDriver implements MachineDriver {
  readonly name = 'simulated'
  readonly owner: string
  readonly manifest: ProviderManifest = {
    ...{ isolation: 'vm', hardening: [], logs: true, gracefulStop: true, outlivesPlatform: true },
    preparesMachines: true,
    maxEnvBytes: 16_384,
  }
  readonly #world: SimulatedWorld

  constructor(world: SimulatedWorld, owner: string) {
    this.#world = world
    this.owner = owner
  }

  offerings(signal: AbortSignal): Promise<Offering[]> {
    return this.#call(signal, async () => this.#world.offerings(this.owner))
  }

  launch(spec: MachineSpec, fingerprint: string, signal: AbortSignal): Promise<Machine> {
    return this.#call(signal, async () => {
      const there = this.#world.find(this.owner, spec.id)
      if (!there && this.#world.random() < this.#world.options.failures.noCapacityShare) {
        throw new PlatformError(
          'NO_CAPACITY',
          `just now there is no machine of size ${spec.size}: try again, or choose another`,
        )
      }
      return this.#world.view(there ?? this.#world.make(this.owner, spec, fingerprint))
    })
  }

  start(id: string, signal: AbortSignal): Promise<void> {
    return this.#call(signal, async () => {
      const machine = this.#world.find(this.owner, id)
      if (machine) this.#world.start(machine)
    })
  }

  inspect(id: string, signal: AbortSignal): Promise<Machine | null> {
    return this.#call(signal, async () => {
      const machine = this.#world.find(this.owner, id)
      return machine ? this.#world.view(machine) : null
    })
  }

  async list(signal: AbortSignal): Promise<Machine[]> {
    const { slowListShare, slowListMs } = this.#world.options.failures
    const slowMs = this.#world.random() < slowListShare ? slowListMs : 0
    return this.#call(
      signal,
      async () => this.#world.machinesOf(this.owner).map((machine) => this.#world.view(machine)),
      slowMs,
    )
  }

  stop(id: string, graceMs: number, signal: AbortSignal): Promise<void> {
    return this.#call(signal, async () => {
      const machine = this.#world.find(this.owner, id)
      if (!machine) return
      this.#world.settle(machine)
      if (machine.end) return
      machine.isStopping = true
      const isWaiting = machine.preparedAtMs !== null && machine.startedAtMs === null
      if (isWaiting) return this.#world.end(machine, 'stopped', null)
      const obeys = machine.spec.env.STUBBORN === undefined && graceMs > 0
      const waitMs = obeys ? Math.min(ORDERLY_END_MS, graceMs) : graceMs
      await this.#untilEnded(machine.ended.signal, waitMs, signal)
      if (machine.end) return
      if (obeys) machine.output += 'bye\n'
      this.#world.end(machine, 'stopped', null)
    })
  }

  destroy(id: string, signal: AbortSignal): Promise<void> {
    return this.#call(signal, async () => {
      const machine = this.#world.find(this.owner, id)
      if (machine) this.#world.remove(machine)
    })
  }

  logs(id: string, maxBytes: number, signal: AbortSignal): Promise<string> {
    return this.#call(signal, async () => this.#world.find(this.owner, id)?.output.slice(-maxBytes) ?? '')
  }

  async check(): Promise<CheckResult> {
    const { seed, zones } = this.#world.options
    const text = `machines are simulated in ${zones.length} zones from seed ${seed}; nothing runs and nothing is paid`
    return { ok: true, findings: [{ level: 'info', text }] }
  }

  async close(): Promise<void> {
    // There is no connection.
  }

  mapError(thrown: unknown): PlatformError {
    return PlatformError.from(thrown)
  }

  async #call<T>(signal: AbortSignal, work: () => Promise<T>, extraMs = 0): Promise<T> {
    const { options, clock, random } = this.#world
    const { refusedShare, lostAnswerShare } = options.failures
    const roll = random()
    await clock.sleep(options.latencyMs / 2 + extraMs, signal)
    if (roll < refusedShare) throw new Error('the simulated line broke before the call was heard')
    const result = await work()
    await clock.sleep(options.latencyMs / 2, signal)
    if (roll < refusedShare + lostAnswerShare)
      throw new Error('the simulated line broke and the answer was lost')
    return result
  }

  async #untilEnded(ended: AbortSignal, waitMs: number, signal: AbortSignal): Promise<void> {
    const either = AbortSignal.any([ended, signal])
    await this.#world.clock.sleep(waitMs, either).catch(() => signal.throwIfAborted())
  }
}
