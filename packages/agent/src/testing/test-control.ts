import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type AgentCalls,
  type CellLoad,
  type ControlCalls,
  DEFAULT_LIMITS,
  type LogEntry,
  type PlatformError,
  systemClock,
  type UsageWindow,
} from '@openzimki/core'
import {
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

export const FAKE_CELL = fileURLToPath(new URL('fake-cell.ts', import.meta.url))

/** Control's side of the link, over a real socket, with a folder of its own; for tests. */
export class TestControl {
  readonly dir: string
  readonly windows: UsageWindow[] = []
  readonly logs: LogEntry[] = []
  readonly gone: Gone[] = []
  readonly joins: ControlCalls['agent.join'][0][] = []
  readonly notes: string[] = []
  /** Thrown instead of taking a window. */
  refuseUsage: PlatformError | null = null
  refuseJoin: PlatformError | null = null
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

  async listen(): Promise<void> {
    this.#listener = await listenLinks(`unix:${this.dir}/control`, (link) => this.#accept(link))
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
        control: `unix:${this.dir}/control`,
        machine: 'm1',
        joinToken: 'secret',
        runDir: join(this.dir, 'run'),
        store: '/nowhere',
        cellCommand: command ?? [process.execPath, FAKE_CELL],
        settings: agentSettings({ jsopNs: 100, pingMs: 40, ...settings }),
      },
      version: 'test',
      clock: systemClock,
      note: (text) => this.notes.push(text),
    })
    this.#agents.push(agent)
    await this.until(() => this.#link !== null || this.refuseJoin !== null)
    return agent
  }

  get call(): RpcClient<AgentCalls> {
    if (!this.#link) throw new Error('no agent has joined')
    return rpcClient<AgentCalls>(this.#link)
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

  #accept(link: Link): void {
    const serve = rpcServer<ControlCalls>({
      'agent.join': (join) => {
        if (this.refuseJoin) throw this.refuseJoin
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
      'log.append': (entries) => {
        this.logs.push(...entries)
        this.#heard()
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
