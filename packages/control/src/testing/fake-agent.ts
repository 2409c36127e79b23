import { randomBytes, randomUUID } from 'node:crypto'
import {
  AGENT_PROTOCOL,
  type AgentCalls,
  agentTranscript,
  type CellLoad,
  type CellStatus,
  type ControlCalls,
  type ControlHello,
  type LogEntry,
  PlatformError,
} from '@openzimki/core'
import {
  connectLink,
  generateIdentity,
  type Identity,
  isSignedBy,
  type Link,
  type RpcClient,
  rpcClient,
  rpcServer,
} from '@openzimki/link'

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
  readonly identity: Identity
  /** What it says it speaks, and what it signs: an agent of another release, or one that cheats. */
  protocol: number = AGENT_PROTOCOL.current
  sign: (text: string) => string
  drains = 0
  /** Of each of its cells. */
  rssBytes = 0
  /** Of its cells' names; where there are several agents they must differ, as UUIDs do. */
  cellPrefix = 'cell-'
  /** Called when control wants a way to one of its cells. */
  onDial: (cell: string, ticket: string) => void | Promise<void> = () => undefined
  /** Called at each load, before it waits for the gate. */
  onLoad: () => void = () => undefined
  readonly #channel: string
  readonly #source = randomUUID()
  #batches = 0
  #cells = 0

  private constructor(link: Link, identity: Identity, channel: string) {
    this.link = link
    this.identity = identity
    this.sign = (text) => identity.sign(text)
    this.#channel = channel
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
      'relay.dial': async ({ cell, ticket }) => {
        await this.onDial(cell, ticket)
        return null
      },
      'agent.drain': () => {
        this.drains += 1
        return null
      },
    })
    link.onStream = (stream) => {
      if (!serve(stream, link)) stream.reset(new PlatformError('PROTOCOL', 'only calls'))
    }
  }

  /** As an agent of another process would come: with a key of its own, unless one is given. */
  static async connect(
    address: string,
    { identity = generateIdentity(), publicKey }: { identity?: Identity; publicKey?: string } = {},
  ): Promise<FakeAgent> {
    let channel = ''
    const onChannel = (binding: string): void => {
      channel = binding
    }
    const link = await connectLink(address, { onChannel, ...(publicKey ? { publicKey } : {}) })
    return new FakeAgent(link, identity, channel)
  }

  async join(machine: string, joinToken: string): Promise<ControlHello> {
    const nonce = randomBytes(32).toString('base64url')
    const hello = { machine, protocol: this.protocol, publicKey: this.identity.publicKey, nonce }
    const answer = await this.control('agent.hello', hello)
    const transcript = agentTranscript('control', hello, answer, this.#channel)
    if (!isSignedBy(answer.publicKey, transcript, answer.proof)) throw new Error('control proved nothing')
    const proof = this.sign(agentTranscript('agent', hello, answer, this.#channel))
    const facts = { version: '0', cpus: 2, memoryBytes: 1e9, jsopNs: 1000 }
    await this.control('agent.join', { machine, joinToken, proof, ...facts })
    return answer
  }

  /** Logs of its realms, each call a batch. */
  ship(entries: LogEntry[]): Promise<null> {
    this.#batches += 1
    return this.control('log.ship', { source: this.#source, sequence: this.#batches, entries })
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
    this.onLoad()
    await this.gate
    const failure = this.failures.get(load.deployment)
    if (failure) throw failure
    this.loads.push(load)
    const key = `${load.realm} ${load.deployment}`
    const before = this.held.get(key)
    const cell = before?.cell ?? `${this.cellPrefix}${++this.#cells}`
    this.held.set(key, { cell, cordon, idleMs: 0, active: 0 })
    return { cell, address: `unix:/nowhere/${cell}`, ms: 1 }
  }

  #list(): CellStatus[] {
    return [...this.held].map(([key, { cell, cordon, idleMs, active }]) => {
      const [realm = '', deployment = ''] = key.split(' ')
      const isolate = { realm, deployment, heapBytes: 0, active, overrunMs: 0, idleMs }
      return {
        cell,
        cordon,
        address: `unix:/nowhere/${cell}`,
        pid: 1,
        rssBytes: this.rssBytes,
        isolates: [isolate],
      }
    })
  }
}
