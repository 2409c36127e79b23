import { type AgentCalls, type ControlCalls, PlatformError } from '@openzimki/core'
import {
  type Link,
  type LinkListener,
  listenLinks,
  type RpcClient,
  type RpcHandlers,
  rpcClient,
  rpcServer,
} from '@openzimki/link'
import { z } from 'zod'
import type { ControlLog } from '../control-context.ts'
import { mapError } from '../database/map-error.ts'
import { validated } from '../validated.ts'

/** An agent that has joined. */
export interface Agent {
  machine: string
  call: RpcClient<AgentCalls>
  /** False from the moment its link is gone. */
  alive(): boolean
  disconnect(): void
  cpus: number
  memoryBytes: number
}

const joinParams = z.object({
  machine: z.string().min(1).max(63),
  joinToken: z.string().min(1).max(200),
  version: z.string().max(50),
  cpus: z.number().positive().max(4096),
  memoryBytes: z.number().positive(),
  jsopNs: z.number().nonnegative(),
})
type Join = z.output<typeof joinParams>

export interface AgentHubOptions {
  /** Whether this token was made for this machine, and the machine is still wanted. */
  mayJoin: (machine: string, joinToken: string) => Promise<boolean>
  /** What a joined agent may call. */
  callsOf: (machine: string) => Omit<RpcHandlers<ControlCalls>, 'agent.join'>
  onJoin: (agent: Agent) => void
  onGone: (agent: Agent) => void
  /** A link that has not joined by then is closed. */
  joinTimeoutMs: number
  log: ControlLog
}

/** The agents that are connected. A peer that has not joined can do nothing but join. */
export class AgentHub {
  readonly #options: AgentHubOptions
  readonly #agents = new Map<string, Agent>()
  readonly #waiting = new Set<(agent: Agent) => void>()

  constructor(options: AgentHubOptions) {
    this.#options = options
  }

  listen(address: string): Promise<LinkListener> {
    return listenLinks(address, (link) => this.accept(link))
  }

  all(): Agent[] {
    return [...this.#agents.values()]
  }

  get(machine: string): Agent | null {
    return this.#agents.get(machine) ?? null
  }

  /** The first agent there is, or the next to join. NO_CAPACITY when none joins in time. */
  async first(timeoutMs: number): Promise<Agent> {
    const [agent] = this.#agents.values()
    const found = agent ?? (await this.#next(timeoutMs))
    if (found) return found
    throw new PlatformError('NO_CAPACITY', 'No machine is ready to run the realm; try again in a moment')
  }

  #next(timeoutMs: number): Promise<Agent | null> {
    return new Promise((resolve) => {
      const take = (agent: Agent | null) => {
        clearTimeout(timer)
        this.#waiting.delete(take)
        resolve(agent)
      }
      const timer = setTimeout(() => take(null), timeoutMs)
      this.#waiting.add(take)
    })
  }

  /** Takes a link that an agent opened. */
  accept(link: Link): void {
    let agent: Agent | null = null
    const timer = setTimeout(() => {
      if (agent === null) link.close(new PlatformError('TIMEOUT', 'the agent did not join in time'))
    }, this.#options.joinTimeoutMs)
    timer.unref()
    const join = async (params: Join) => {
      if (agent !== null) throw new PlatformError('CONFLICT', 'this link has joined already')
      agent = await this.#join(link, params)
      clearTimeout(timer)
      return { accepted: true } as const
    }
    const serve = rpcServer<ControlCalls>(this.#handlers(join, () => agent))
    link.onStream = (stream) => {
      if (!serve(stream, link)) stream.reset(new PlatformError('PROTOCOL', 'only calls are served here'))
    }
    link.onClose = () => {
      clearTimeout(timer)
      if (agent !== null) this.#leave(agent)
    }
  }

  #handlers(
    join: (params: Join) => Promise<{ accepted: true }>,
    joined: () => Agent | null,
  ): RpcHandlers<ControlCalls> {
    const calls = () => {
      const agent = joined()
      if (agent) return this.#options.callsOf(agent.machine)
      throw new PlatformError('PERMISSION_DENIED', 'an agent must join first')
    }
    return {
      'agent.join': (params) => this.#guard('agent.join', async () => join(validated(joinParams, params))),
      'usage.report': (params, context) =>
        this.#guard('usage.report', async () => calls()['usage.report'](params, context)),
      'log.append': (params, context) =>
        this.#guard('log.append', async () => calls()['log.append'](params, context)),
      'cell.gone': (params, context) =>
        this.#guard('cell.gone', async () => calls()['cell.gone'](params, context)),
    }
  }

  /** What fails on our side is in our log, and not told to the agent. */
  async #guard<T>(method: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (thrown) {
      const error = mapError(thrown)
      if (error.code !== 'INTERNAL') throw error
      this.#options.log('error', `${method} of an agent failed`, { error: String(error.cause ?? error) })
      throw new PlatformError('INTERNAL', `${method} failed on the other side; its log says why`)
    }
  }

  async #join(link: Link, { machine, joinToken, cpus, memoryBytes }: Join): Promise<Agent> {
    if (!(await this.#options.mayJoin(machine, joinToken))) {
      this.#options.log('warn', 'A peer with a wrong join token was turned away', { machine })
      void link.drain()
      throw new PlatformError('UNAUTHENTICATED', 'the join token is not the one of this machine')
    }
    this.#agents.get(machine)?.disconnect()
    const agent: Agent = {
      machine,
      cpus,
      memoryBytes,
      call: rpcClient<AgentCalls>(link),
      alive: () => !link.closed && this.#agents.get(machine) === agent,
      disconnect: () => {
        this.#leave(agent)
        link.close()
      },
    }
    if (link.closed) throw new PlatformError('UNAVAILABLE', 'the link is gone')
    this.#agents.set(machine, agent)
    this.#options.onJoin(agent)
    for (const take of [...this.#waiting]) take(agent)
    return agent
  }

  #leave(agent: Agent): void {
    if (this.#agents.get(agent.machine) !== agent) return
    this.#agents.delete(agent.machine)
    this.#options.onGone(agent)
  }
}
