import { rm } from 'node:fs/promises'
import type { Server as HttpServer } from 'node:http'
import { join } from 'node:path'
import type { Bridge } from './bridge.ts'
import type { HowToEnd, Hypervisor, MachineStart } from './hypervisor.ts'
import { makeDisk } from './instance-disk.ts'
import { RealMachine } from './real-machine.ts'
import { removeAll, type StateFolder } from './state-folder.ts'

export interface HostHypervisorOptions {
  folder: StateFolder
  bridge: Bridge
  /** Of an instance, when it starts. */
  metadataOf(instanceId: string): HttpServer
}

/** As long as EC2 waits for a system to end, about. */
const GRACE_MS = 120_000

interface Running {
  machine: RealMachine
  /** Ended by us: not news. */
  ending: boolean
}

/** Machines as processes of this host. */
export class HostHypervisor implements Hypervisor {
  readonly #options: HostHypervisorOptions
  readonly #running = new Map<string, Running>()
  /** What is being done with an instance; one thing after the other. */
  readonly #turns = new Map<string, Promise<unknown>>()
  #cables = 0
  #closed = false

  constructor(options: HostHypervisorOptions) {
    this.#options = options
  }

  async start(start: MachineStart): Promise<void> {
    await this.#inTurn(start.instanceId, () => this.#start(start))
  }

  async #start(start: MachineStart): Promise<void> {
    if (this.#closed) return
    const { folder, bridge, metadataOf } = this.#options
    const disk = this.#diskOf(start.instanceId)
    await makeDisk(disk)
    this.#cables += 1
    const running: Partial<Running> = { ending: false }
    running.machine = await RealMachine.start({
      disk,
      bridge,
      cable: `zk${folder.tag}${this.#cables.toString(36)}`,
      privateIp: start.privateIp,
      hostName: start.hostName,
      metadata: metadataOf(start.instanceId),
      onConsole: start.onConsole,
      onEnd: ({ again }) => {
        if (running.ending) return
        this.#running.delete(start.instanceId)
        if (again) void this.start(start)
        else start.onEnd()
      },
    })
    this.#running.set(start.instanceId, running as Running)
  }

  async stop(instanceId: string, { how }: { how: HowToEnd }): Promise<void> {
    this.#cutShort(instanceId, how)
    await this.#inTurn(instanceId, () => this.#end(instanceId, how))
  }

  async destroy(instanceId: string, how: HowToEnd): Promise<void> {
    this.#cutShort(instanceId, how)
    await this.#inTurn(instanceId, async () => {
      await this.#end(instanceId, how)
      await rm(this.#diskOf(instanceId), { recursive: true, force: true })
    })
    this.#turns.delete(instanceId)
  }

  async setReachable(instanceId: string, reachable: boolean): Promise<void> {
    await this.#running.get(instanceId)?.machine.setReachable(reachable)
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled([...this.#turns.values()])
    await Promise.all([...this.#running.keys()].map((id) => this.#end(id, 'at-once')))
    await removeAll(this.#options.folder)
  }

  /** Who pulls the plug does not wait for a system that was asked before to end in order. */
  #cutShort(instanceId: string, how: HowToEnd): void {
    const running = this.#running.get(instanceId)
    if (how === 'at-once' && running?.ending) void running.machine.end()
  }

  async #end(instanceId: string, how: HowToEnd): Promise<void> {
    const running = this.#running.get(instanceId)
    if (!running) return
    running.ending = true
    if (how === 'at-once' || this.#closed) await running.machine.end()
    else await running.machine.shutDown(GRACE_MS)
    this.#running.delete(instanceId)
  }

  #diskOf(instanceId: string): string {
    return join(this.#options.folder.path, instanceId)
  }

  async #inTurn(instanceId: string, work: () => Promise<void>): Promise<void> {
    const before = this.#turns.get(instanceId) ?? Promise.resolve()
    const turn = before.catch(() => undefined).then(work)
    this.#turns.set(instanceId, turn)
    await turn
  }
}
