import { createHash } from 'node:crypto'
import { type Machine, type Offering, PlatformError } from '@openzimki/provider'
import type { HostConfig } from './config.ts'
import { type HostCall, hostProgram, LOOKS_PER_SECOND } from './host-program.ts'
import { type MachineRecord, parseMachines, recordLine } from './machine-line.ts'
import { SshHost } from './ssh-host.ts'

const OFFER = /^host ([0-9]+) ([0-9]+) ([0-9]+)\n$/
/** Between two of these an abort is heard. */
const WAIT_MS = 500

/** The machines of one owner on one host. */
export class MachineHost {
  readonly config: HostConfig
  readonly #ssh: SshHost
  readonly #owner: string
  readonly #folder: string

  /** Dials nothing yet. */
  constructor(config: HostConfig, owner: string) {
    this.config = config
    this.#ssh = new SshHost(config)
    this.#owner = owner
    this.#folder = `${config.folder}/${owner}`
  }

  get name(): string {
    return this.#ssh.name
  }

  async offer(signal: AbortSignal): Promise<Offering> {
    const printed = await this.#run(['offer', this.#folder], signal)
    const [, cpus, kibibytes, machines] = OFFER.exec(printed) ?? []
    if (!machines) {
      throw new PlatformError('INTERNAL', `ssh provider: ${this.name} does not say what it has: is it Linux?`)
    }
    const { size, zone, maxMachines } = this.config
    const capacity = Math.max(0, maxMachines - Number(machines))
    return { size, zone, cpus: Number(cpus), memoryBytes: Number(kibibytes) * 1024, price: null, capacity }
  }

  async launch(
    record: MachineRecord,
    command: readonly string[],
    env: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Machine> {
    const call: HostCall = [
      ...(['launch', this.#folder, record.id, recordLine(record)] as const),
      ...([String(this.config.maxMachines), ...command] as const),
    ]
    const [machine] = this.#parse(await this.#run(call, signal, env))
    if (machine) return machine
    throw new PlatformError(
      'INTERNAL',
      `ssh provider: machine ${record.id} was destroyed while it was launched`,
    )
  }

  async inspect(id: string, signal: AbortSignal): Promise<Machine | null> {
    return this.#parse(await this.#run(['show', this.#machine(id)], signal))[0] ?? null
  }

  async list(signal: AbortSignal): Promise<Machine[]> {
    return this.#parse(await this.#run(['show_all', this.#folder], signal))
  }

  async stop(id: string, graceMs: number, signal: AbortSignal): Promise<void> {
    const machine = this.#machine(id)
    const endMs = performance.now() + graceMs
    let life = await this.#run(['ask', machine], signal)
    while (life === 'alive\n' && performance.now() < endMs) {
      const waitMs = Math.min(WAIT_MS, endMs - performance.now())
      const looks = Math.ceil((waitMs * LOOKS_PER_SECOND) / 1_000)
      life = await this.#run(['wait_for_end', machine, String(looks)], signal)
    }
    if (life === 'alive\n') await this.#run(['force', machine], signal)
  }

  async destroy(id: string, signal: AbortSignal): Promise<void> {
    await this.#run(['destroy', this.#machine(id)], signal)
  }

  logs(id: string, maxBytes: number, signal: AbortSignal): Promise<string> {
    return this.#run(['logs', this.#machine(id), String(maxBytes)], signal)
  }

  /** What is wrong there. */
  async check(program: string, signal: AbortSignal): Promise<string[]> {
    const printed = await this.#run(['check', this.#folder, program], signal)
    return printed.split('\n').filter((line) => line !== '')
  }

  /** Orders hosts for a machine: the same for ever, whatever other hosts come and go (rendezvous hashing). */
  rankFor(id: string): string {
    return createHash('sha256').update(`${id} ${this.name}`).digest('hex')
  }

  close(): Promise<void> {
    return this.#ssh.close()
  }

  #machine(id: string): string {
    return `${this.#folder}/${id}`
  }

  #parse(printed: string): Machine[] {
    return parseMachines(printed, this.#owner, this.name, Date.now())
  }

  async #run(call: HostCall, signal: AbortSignal, env?: Readonly<Record<string, string>>): Promise<string> {
    return (await this.#ssh.run(hostProgram(call, env), signal)).toString('utf8')
  }
}
