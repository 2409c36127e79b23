import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  AGENT_PROTOCOL,
  type AgentCalls,
  type AgentHello,
  agentTranscript,
  type CellLoad,
  type ControlCalls,
  DEFAULT_LIMITS,
  type LogBatch,
  type LogEntry,
  PlatformError,
  systemClock,
  type UsageWindow,
} from '@openzimki/core'
import {
  generateIdentity,
  type Identity,
  isSignedBy,
  type Link,
  type LinkListener,
  listenLinks,
  type RpcClient,
  rpcClient,
  rpcServer,
} from '@openzimki/link'
import { type Agent, createAgent } from '../agent.ts'
import { agentSettings } from '../agent-config.ts'

type Gone = ControlCalls['cell.gone'][0]
type Notice = ControlCalls['machine.notice'][0]

export const FAKE_CELL = fileURLToPath(new URL('fake-cell.ts', import.meta.url))

/** Control's side of the link, over a real socket, with a folder of its own; for tests. */
export class TestControl {
  readonly dir: string
  address = ''
  readonly windows: UsageWindow[] = []
  readonly logs: LogEntry[] = []
  /** Numbered batches; their entries are in `logs` too. */
  readonly batches: LogBatch[] = []
  readonly gone: Gone[] = []
  readonly notices: Notice[] = []
  readonly joins: ControlCalls['agent.join'][0][] = []
  readonly notes: string[] = []
  /** Thrown instead of taking a window. */
  refuseUsage: PlatformError | null = null
  refuseJoin: PlatformError | null = null
  refuseLogs: PlatformError | null = null
  /** Batches of logs wait for it. */
  takesLogs: Promise<void> = Promise.resolve()
  /** Who it is, what it speaks, and what it signs: change it to be another, or one that cheats. */
  identity: Identity = generateIdentity()
  /** The one whom agents are told to expect. */
  readonly expected = this.identity
  protocol: number = AGENT_PROTOCOL.current
  readonly hellos: AgentHello[] = []
  /** Agents that proved their key, one for each join. */
  readonly proved: string[] = []
  #listener: LinkListener | null = null
  #link: Link | null = null
  #agents: Agent[] = []
  #waiters: { check: () => boolean; done: () => void }[] = []

  constructor(dir: string) {
    this.dir = dir
  }

  static async open(): Promise<TestControl> {
    const control = new TestControl(await mkdtemp(join(tmpdir(), 'agent-')))
    await control.listen()
    return control
  }

  /** Default: a Unix socket in its folder. */
  async listen(address = `unix:${this.dir}/control`): Promise<void> {
    const { identity } = this
    this.#listener = await listenLinks(address, (link, channel) => this.#accept(link, channel), { identity })
    this.address = this.#listener.address
  }

  /** Ends the links, and goes on listening. */
  cut(): void {
    this.#link?.close(new PlatformError('UNAVAILABLE', 'cut'))
    this.#link = null
  }

  /** Gone, with every link. */
  async goAway(): Promise<void> {
    await this.#listener?.close()
    this.#listener = null
    this.#link = null
  }

  async startAgent(
    settings: Parameters<typeof agentSettings>[0] = {},
    command?: [string, ...string[]],
  ): Promise<Agent> {
    const agent = await createAgent({
      config: {
        control: this.address,
        controlKey: this.expected.publicKey,
        machine: 'm1',
        joinToken: 'secret',
        runDir: join(this.dir, 'run'),
        stateDir: join(this.dir, 'state'),
        store: '/nowhere',
        cellCommand: command ?? [process.execPath, FAKE_CELL],
        settings: agentSettings({ jsopNs: 100, pingMs: 40, ...settings }),
      },
      version: 'test',
      clock: systemClock,
      note: (text) => this.notes.push(text),
    })
    this.#agents.push(agent)
    await this.until(() => this.#link !== null || this.refuseJoin !== null || !this.isTrue)
    return agent
  }

  get call(): RpcClient<AgentCalls> {
    if (!this.#link) throw new Error('no agent has joined')
    return rpcClient<AgentCalls>(this.#link)
  }

  /** False: it is not the one that agents expect, or too old or new for them. */
  get isTrue(): boolean {
    return this.identity === this.expected && this.protocol === AGENT_PROTOCOL.current
  }

  get isJoined(): boolean {
    return this.#link !== null && !this.#link.closed
  }

  /** Loads a deployment that behaves as its first word says (fake-cell.ts). */
  load(deployment: string, cordon = 'account', realm = 'realm') {
    return this.call('cell.load', { cordon, load: testLoad(deployment, realm) })
  }

  async pidOf(cell: string): Promise<number> {
    const found = (await this.call('cell.list', null)).find((status) => status.cell === cell)
    if (!found) throw new Error(`cell ${cell} is not listed`)
    return found.pid
  }

  /** Checks at once and whenever control hears something; the test's own time-out ends a wait in vain. */
  until(check: () => boolean): Promise<void> {
    if (check()) return Promise.resolve()
    return new Promise((done) => this.#waiters.push({ check, done }))
  }

  async close(): Promise<void> {
    await Promise.all(this.#agents.map((agent) => agent.end('the test is over')))
    await this.goAway()
    await rm(this.dir, { recursive: true, force: true })
  }

  #accept(link: Link, channel: string): void {
    let transcript = ''
    let publicKey = ''
    const serve = rpcServer<ControlCalls>({
      'agent.hello': (hello) => {
        this.hellos.push(hello)
        const nonce = randomBytes(32).toString('base64url')
        const answer = { protocol: this.protocol, publicKey: this.identity.publicKey, nonce }
        transcript = agentTranscript('agent', hello, answer, channel)
        publicKey = hello.publicKey
        this.#heard()
        return { ...answer, proof: this.identity.sign(agentTranscript('control', hello, answer, channel)) }
      },
      'agent.join': (join) => {
        if (this.refuseJoin) throw this.refuseJoin
        if (isSignedBy(publicKey, transcript, join.proof)) this.proved.push(publicKey)
        this.joins.push(join)
        this.#link = link
        this.#heard()
        return { accepted: true }
      },
      'usage.report': (window) => {
        if (this.refuseUsage) throw this.refuseUsage
        this.windows.push(window)
        this.#heard()
        return null
      },
      'log.ship': async (batch) => {
        await this.takesLogs
        if (this.refuseLogs) throw this.refuseLogs
        this.batches.push(batch)
        this.logs.push(...batch.entries)
        this.#heard()
        return null
      },
      'cell.spare': () => null,
      'machine.notice': (notice) => {
        this.notices.push(notice)
        return null
      },
      'cell.gone': (gone) => {
        this.gone.push(gone)
        this.#heard()
        return null
      },
    })
    link.onStream = (stream) => void serve(stream, link)
  }

  #heard(): void {
    this.#waiters = this.#waiters.filter(({ check, done }) => {
      if (!check()) return true
      done()
      return false
    })
  }
}

export function testLoad(deployment: string, realm = 'realm'): CellLoad {
  const names = { account: 'acme', realm, deployment, kind: 'script' as const }
  return { ...names, capability: 'opens-nothing', limits: DEFAULT_LIMITS, env: {} }
}
