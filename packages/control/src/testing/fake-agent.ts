import {
  type AgentCalls,
  type CellLoad,
  type CellStatus,
  type ControlCalls,
  PlatformError,
} from '@openzimki/core'
import { connectLink, type Link, type RpcClient, rpcClient, rpcServer } from '@openzimki/link'

/** An agent without cells: it keeps the protocol over a real link and remembers what it was told. */
export class FakeAgent {
  readonly loads: CellLoad[] = []
  readonly unloads: string[] = []
  readonly renewals: string[] = []
  /** Loaded now, by `realm deployment`, with the cell that holds it. */
  readonly held = new Map<string, { cell: string; cordon: string; idleMs: number; active: number }>()
  /** Thrown by `cell.load` of a deployment. */
  readonly failures = new Map<string, PlatformError>()
  /** Awaited by each load. */
  gate: Promise<void> = Promise.resolve()
  readonly link: Link
  readonly control: RpcClient<ControlCalls>
  #cells = 0

  private constructor(link: Link) {
    this.link = link
    this.control = rpcClient<ControlCalls>(link)
    const serve = rpcServer<AgentCalls>({
      'cell.load': (params) => this.#load(params),
      'cell.unload': ({ realm, deployment }) => {
        this.unloads.push(`${realm} ${deployment}`)
        this.held.delete(`${realm} ${deployment}`)
        return null
      },
      'cell.renew': ({ capability }) => {
        this.renewals.push(capability)
        return null
      },
      'cell.list': () => this.#list(),
      'agent.drain': () => null,
    })
    link.onStream = (stream) => {
      if (!serve(stream, link)) stream.reset(new PlatformError('PROTOCOL', 'only calls'))
    }
  }

  static async connect(address: string): Promise<FakeAgent> {
    return new FakeAgent(await connectLink(address))
  }

  async join(machine: string, joinToken: string): Promise<void> {
    const facts = { version: '0', cpus: 2, memoryBytes: 1e9, jsopNs: 1000 }
    await this.control('agent.join', { machine, joinToken, ...facts })
  }

  cellOf(realm: string, deployment: string): string {
    return this.held.get(`${realm} ${deployment}`)?.cell ?? ''
  }

  async #load({
    cordon,
    load,
  }: {
    cordon: string
    load: CellLoad
  }): Promise<{ cell: string; address: string; ms: number }> {
    await this.gate
    const failure = this.failures.get(load.deployment)
    if (failure) throw failure
    this.loads.push(load)
    const key = `${load.realm} ${load.deployment}`
    const before = this.held.get(key)
    const cell = before?.cell ?? `cell-${++this.#cells}`
    this.held.set(key, { cell, cordon, idleMs: 0, active: 0 })
    return { cell, address: `unix:/nowhere/${cell}`, ms: 1 }
  }

  #list(): CellStatus[] {
    return [...this.held].map(([key, { cell, cordon, idleMs, active }]) => {
      const [realm = '', deployment = ''] = key.split(' ')
      const isolate = { realm, deployment, heapBytes: 0, active, overrunMs: 0, idleMs }
      return { cell, cordon, address: `unix:/nowhere/${cell}`, pid: 1, rssBytes: 0, isolates: [isolate] }
    })
  }
}
