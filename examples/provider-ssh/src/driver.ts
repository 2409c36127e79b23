import {
  type AdapterSettings,
  type CheckResult,
  type Machine,
  type MachineDriver,
  type MachineSpec,
  type Offering,
  PlatformError,
} from '@openzimki/provider'
import type { Config } from './config.ts'
import { MachineHost } from './machine-host.ts'
import { manifest } from './manifest.ts'
import { mapError } from './map-error.ts'

/**
 * Machines as processes on hosts that are reached over SSH. A host that does not answer makes every answer about machines unknown, so
 * calls fail then rather than say that there is nothing.
 */
export class Driver implements MachineDriver {
  readonly name = 'ssh'
  readonly owner: string
  readonly manifest = manifest
  readonly mapError = mapError
  readonly #hosts: readonly MachineHost[]
  readonly #command: readonly string[]
  /** The last launch or destroy under way of each machine: an aborted launch may still be on its way to its host. */
  readonly #changes = new Map<string, Promise<unknown>>()

  constructor(settings: AdapterSettings, config: Config) {
    this.owner = settings.owner
    this.#command = settings.agent.command
    this.#hosts = config.hosts.map((host) => new MachineHost(host, settings.owner))
  }

  /** Hosts of one size and zone are one offering with what the smallest of them has. */
  async offerings(signal: AbortSignal): Promise<Offering[]> {
    const offers = await Promise.all(this.#hosts.map((host) => host.offer(signal)))
    const merged = new Map<string, Offering>()
    for (const offer of offers) {
      const key = `${offer.size} ${offer.zone}`
      const other = merged.get(key)
      merged.set(key, other ? together(offer, other) : offer)
    }
    return [...merged.values()]
  }

  launch(spec: MachineSpec, fingerprint: string, signal: AbortSignal): Promise<Machine> {
    const host = this.#hostFor(spec)
    const { id, size, env } = spec
    const { zone, agentCommand } = host.config
    return this.#inTurn(id, () => {
      const record = { owner: this.owner, id, size, zone, fingerprint, createdAtMs: Date.now() }
      return host.launch(record, agentCommand ?? this.#command, env, signal)
    })
  }

  async inspect(id: string, signal: AbortSignal): Promise<Machine | null> {
    return (await this.#find(id, signal))?.machine ?? null
  }

  async list(signal: AbortSignal): Promise<Machine[]> {
    return (await Promise.all(this.#hosts.map((host) => host.list(signal)))).flat()
  }

  async stop(id: string, graceMs: number, signal: AbortSignal): Promise<void> {
    const found = await this.#find(id, signal)
    await found?.host.stop(id, graceMs, signal)
  }

  destroy(id: string, signal: AbortSignal): Promise<void> {
    return this.#inTurn(id, async () => {
      await Promise.all(this.#hosts.map((host) => host.destroy(id, signal)))
    })
  }

  async logs(id: string, maxBytes: number, signal: AbortSignal): Promise<string> {
    const found = await this.#find(id, signal)
    return found ? found.host.logs(id, maxBytes, signal) : ''
  }

  async check(signal: AbortSignal): Promise<CheckResult> {
    const findings = (await Promise.all(this.#hosts.map((host) => this.#look(host, signal)))).flat()
    return { ok: findings.every(({ level }) => level !== 'error'), findings }
  }

  async close(): Promise<void> {
    await Promise.all(this.#hosts.map((host) => host.close()))
  }

  /** Always the same one for an id, full or not: a repeated launch must find the first machine. */
  #hostFor({ id, size, zone }: MachineSpec): MachineHost {
    const fitting = this.#hosts.filter(
      ({ config }) => config.size === size && (zone === null || config.zone === zone),
    )
    const [first] = fitting.toSorted((a, b) => (a.rankFor(id) < b.rankFor(id) ? -1 : 1))
    if (first) return first
    throw new PlatformError('INVALID_ARGUMENT', `ssh provider: no host has size ${size} in zone ${zone}`)
  }

  async #find(id: string, signal: AbortSignal): Promise<{ host: MachineHost; machine: Machine } | null> {
    const found = await Promise.all(
      this.#hosts.map(async (host) => ({ host, machine: await host.inspect(id, signal) })),
    )
    for (const { host, machine } of found) if (machine) return { host, machine }
    return null
  }

  async #look(host: MachineHost, signal: AbortSignal): Promise<CheckResult['findings']> {
    const { maxMachines, user, agentCommand } = host.config
    try {
      const program = (agentCommand ?? this.#command)[0] ?? ''
      const wrong = await host.check(program, signal)
      if (wrong.length > 0) return wrong.map((text) => ({ level: 'error', text: `${host.name}: ${text}` }))
    } catch (thrown) {
      if (signal.aborted) throw thrown
      return [{ level: 'error', text: mapError(thrown).message }]
    }
    const text = `${host.name} runs machines as processes of ${user}, at most ${maxMachines}`
    const info = { level: 'info' as const, text }
    if (user !== 'root') return [info]
    return [
      info,
      { level: 'warn', text: `${host.name}: machines run as root: give them a user of their own` },
    ]
  }

  #inTurn<T>(id: string, change: () => Promise<T>): Promise<T> {
    const before = this.#changes.get(id) ?? Promise.resolve()
    const done = before.then(change, change).finally(() => {
      if (this.#changes.get(id) === done) this.#changes.delete(id)
    })
    this.#changes.set(id, done)
    return done
  }
}

function together(one: Offering, other: Offering): Offering {
  return {
    ...one,
    cpus: Math.min(one.cpus, other.cpus),
    memoryBytes: Math.min(one.memoryBytes, other.memoryBytes),
    capacity: (one.capacity ?? 0) + (other.capacity ?? 0),
  }
}
