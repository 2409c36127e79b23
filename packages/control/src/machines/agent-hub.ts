import type { Socket } from 'node:net'
import { type AgentCalls, type ControlCalls, PlatformError } from '@openzimki/core'
import {
  type Identity,
  isPrivate,
  type Link,
  type LinkListener,
  listenLinks,
  parseAddress,
  RELAY_PROTOCOL,
  type RpcClient,
  type RpcHandlers,
  rpcClient,
  rpcServer,
} from '@openzimki/link'
import { z } from 'zod'
import type { ControlLog } from '../control-context.ts'
import { mapError } from '../database/map-error.ts'
import { validated } from '../validated.ts'
import { AgentHandshake, helloParams } from './agent-handshake.ts'
import type { Incident } from './machine-incidents.ts'
import type { Admission, Applicant, Refusal } from './machine-registry.ts'

/** An agent that has joined. */
export interface Agent {
  machine: string
  call: RpcClient<AgentCalls>
  /** False from the moment its link is gone. */
  alive(): boolean
  disconnect(): void
  /** Nothing new is to be given to it. */
  cordoned: boolean
  /** It is to be replaced because its word is worth nothing. */
  distrusted: boolean
  /** The key that it has proved. */
  publicKey: string
  /** It came over a network: its cells, and the store for them, are reached by relays alone. */
  relayed: boolean
  /** The version of the calls that both sides speak. */
  protocol: number
  cpus: number
  memoryBytes: number
  /** Of its machine; null: somebody else started it. */
  pool: string | null
  /** It has said what it holds. */
  isKnown: boolean
  /** Memory of its cells, as it said last. */
  usedBytes: number
  /** Cores that its cells keep busy, as it said last. */
  usedCpus: number
}

/** Which of these to take; null: none of them. */
export type ChooseAgent = (agents: Agent[]) => Agent | null

const joinParams = z.object({
  machine: z.string().min(1).max(63),
  joinToken: z.string().max(200),
  proof: z.string().max(200),
  version: z.string().max(50),
  cpus: z.number().positive().max(4096),
  memoryBytes: z.number().positive(),
  jsopNs: z.number().nonnegative(),
})
type Join = z.output<typeof joinParams>

/** What an agent that has joined may call. */
export type JoinedCalls = Omit<RpcHandlers<ControlCalls>, 'agent.hello' | 'agent.join'>

export interface AgentHubOptions {
  /** Who this control is to its agents. */
  identity: Identity
  admit: (applicant: Applicant) => Promise<Admission>
  /** An agent was turned away. */
  onIncident: (incident: Incident) => Promise<void>
  /** What a joined agent may call. */
  callsOf: (machine: string) => JoinedCalls
  onJoin: (agent: Agent) => void
  onGone: (agent: Agent) => void
  /** What comes to a door on a network for other than joining. */
  onRelay: (socket: Socket, channel: string) => void
  /** A link that has not joined by then is closed. */
  joinTimeoutMs: number
  log: ControlLog
}

/** Links that have not joined; more are turned away, so that strangers cannot use up memory or descriptors. */
const MAX_STRANGERS = 256

/** Of what a stranger may make us keep or do at once: hello and join are small. */
const STRANGER_BOUNDS = { maxBytes: 16 * 1024, maxPendingBytes: 64 * 1024, maxRunning: 4 }

const REFUSALS: Record<Refusal, string> = {
  'unknown-machine': 'there is no such machine here, or no longer',
  'wrong-token': 'the join token is not the one of this machine',
  'expired-token': 'the join token was used too late; the machine is to be launched anew',
  'early-token': 'this machine was not started yet',
  'replayed-token': 'the join token was used up by another agent',
  'wrong-key': 'the agent of this machine has another key',
  'key-of-another-machine': 'this key belongs to the agent of another machine',
  'dead-key': 'the machine was started again, and this agent is of the time before',
  'wrong-proof': 'the agent does not have the key that it shows',
}

/** The agents that are connected. A peer that has not joined can do nothing but join. */
export class AgentHub {
  readonly #options: AgentHubOptions
  readonly #agents = new Map<string, Agent>()
  readonly #waiting = new Set<() => void>()
  #strangers = 0

  constructor(options: AgentHubOptions) {
    this.#options = options
  }

  /** INVALID_ARGUMENT where a network could read along: beyond the machine itself agents come by `tls:`. */
  async listen(address: string): Promise<LinkListener> {
    if (!isPrivate(parseAddress(address))) {
      throw new PlatformError('INVALID_ARGUMENT', `agents on a network come by TLS: write tls: in ${address}`)
    }
    const { identity, onRelay } = this.#options
    const others = { [RELAY_PROTOCOL]: onRelay }
    return listenLinks(address, (link, channel) => this.#accept(link, channel), { identity, others })
  }

  all(): Agent[] {
    return [...this.#agents.values()]
  }

  get(machine: string): Agent | null {
    return this.#agents.get(machine) ?? null
  }

  /** From now on nothing new is given to this machine. */
  cordon(machine: string): void {
    const agent = this.#agents.get(machine)
    if (agent) agent.cordoned = true
  }

  /** And nothing that it has is to be used. */
  distrust(machine: string): void {
    this.cordon(machine)
    const agent = this.#agents.get(machine)
    if (agent) agent.distrusted = true
  }

  /**
   * The agent that `choose` takes of those that take work, now or when another joins. NO_CAPACITY when it takes none in time; `onWait`
   * is called when it takes none at once.
   */
  async first(timeoutMs: number, choose: ChooseAgent, onWait: () => void): Promise<Agent> {
    const chosen = () => choose(this.all().filter(({ cordoned }) => !cordoned))
    const found = chosen() ?? (await this.#next(timeoutMs, chosen, onWait))
    if (found) return found
    throw new PlatformError('NO_CAPACITY', 'No machine is ready to run the realm; try again in a moment')
  }

  #next(timeoutMs: number, chosen: () => Agent | null, onWait: () => void): Promise<Agent | null> {
    return new Promise((resolve) => {
      const end = (agent: Agent | null) => {
        clearTimeout(timer)
        this.#waiting.delete(look)
        resolve(agent)
      }
      const look = () => {
        const agent = chosen()
        if (agent) end(agent)
      }
      const timer = setTimeout(() => end(null), timeoutMs)
      this.#waiting.add(look)
      onWait()
    })
  }

  /** Takes a link that an agent opened. */
  #accept(link: Link, channel: string): void {
    if (this.#strangers >= MAX_STRANGERS) {
      link.close(new PlatformError('LIMIT_EXCEEDED', 'too many links wait to join; try again'))
      return
    }
    this.#strangers += 1
    const handshake = new AgentHandshake(this.#options.identity, channel)
    const stranger = new Stranger(handshake, channel !== '', () => {
      this.#strangers -= 1
    })
    const timer = setTimeout(() => {
      if (!stranger.agent) link.close(new PlatformError('TIMEOUT', 'the agent did not join in time'))
    }, this.#options.joinTimeoutMs)
    timer.unref()
    const handlers = this.#handlers(link, stranger)
    const serveStranger = rpcServer<ControlCalls>(handlers, STRANGER_BOUNDS)
    const serveAgent = rpcServer<ControlCalls>(handlers)
    link.onStream = (stream) => {
      const serve = stranger.agent ? serveAgent : serveStranger
      if (!serve(stream, link)) stream.reset(new PlatformError('PROTOCOL', 'only calls are served here'))
    }
    link.onClose = () => {
      clearTimeout(timer)
      stranger.noMore()
      if (stranger.agent) this.#leave(stranger.agent)
    }
  }

  #handlers(link: Link, stranger: Stranger): RpcHandlers<ControlCalls> {
    const calls = () => {
      if (stranger.agent) return this.#options.callsOf(stranger.agent.machine)
      throw new PlatformError('PERMISSION_DENIED', 'an agent must join first')
    }
    return {
      'agent.hello': (params) =>
        this.#guard('agent.hello', async () => stranger.handshake.hello(validated(helloParams, params))),
      'agent.join': (params) =>
        this.#guard('agent.join', () => this.#join(link, stranger, validated(joinParams, params))),
      'usage.report': (params, context) =>
        this.#guard('usage.report', async () => calls()['usage.report'](params, context)),
      'log.ship': (params, context) =>
        this.#guard('log.ship', async () => calls()['log.ship'](params, context)),
      'machine.notice': (params, context) =>
        this.#guard('machine.notice', async () => calls()['machine.notice'](params, context)),
      'cell.spare': (params, context) =>
        this.#guard('cell.spare', async () => calls()['cell.spare'](params, context)),
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

  async #join(link: Link, stranger: Stranger, params: Join): Promise<{ accepted: true }> {
    if (stranger.joining) throw new PlatformError('CONFLICT', 'this link has joined already')
    stranger.joining = true
    const { machine, joinToken, proof, cpus, memoryBytes } = params
    const proved = stranger.handshake.proved(machine, proof)
    const admission: Admission = proved
      ? await this.#options.admit({ machine, joinToken, publicKey: proved.publicKey })
      : { refusal: 'wrong-proof', accused: [] }
    if (admission.refusal !== null || proved === null) {
      throw await this.#turnAway(link, machine, admission)
    }
    if (link.closed) throw new PlatformError('UNAVAILABLE', 'the link is gone')
    this.#agents.get(machine)?.disconnect()
    const agent: Agent = {
      ...{ machine, cpus, memoryBytes, protocol: proved.protocol, publicKey: proved.publicKey },
      ...{ cordoned: admission.condemned || admission.leaving, distrusted: admission.condemned },
      ...{ pool: admission.pool, isKnown: false, usedBytes: 0, usedCpus: 0, relayed: stranger.isFar },
      call: rpcClient<AgentCalls>(link),
      alive: () => !link.closed && this.#agents.get(machine) === agent,
      disconnect: () => {
        this.#leave(agent)
        link.close()
      },
    }
    stranger.agent = agent
    stranger.noMore()
    this.#agents.set(machine, agent)
    this.#options.onJoin(agent)
    for (const look of [...this.#waiting]) look()
    return { accepted: true }
  }

  /** The peer learns why in plain words and nothing that it does not know. */
  async #turnAway(link: Link, machine: string, admission: Admission): Promise<PlatformError> {
    const refusal = admission.refusal ?? 'wrong-proof'
    const accused = admission.refusal === null ? [] : admission.accused
    void link.drain()
    await this.#options.onIncident({ machine, action: 'machine.refuse', why: refusal, accused })
    return new PlatformError('UNAUTHENTICATED', REFUSALS[refusal])
  }

  #leave(agent: Agent): void {
    if (this.#agents.get(agent.machine) !== agent) return
    this.#agents.delete(agent.machine)
    this.#options.onGone(agent)
  }
}

/** A link and what it has shown of itself so far. */
class Stranger {
  readonly handshake: AgentHandshake
  /** It came over a network. */
  readonly isFar: boolean
  joining = false
  agent: Agent | null = null
  #onNoMore: (() => void) | null

  constructor(handshake: AgentHandshake, isFar: boolean, onNoMore: () => void) {
    this.handshake = handshake
    this.isFar = isFar
    this.#onNoMore = onNoMore
  }

  /** It has joined, or is gone. May be called again. */
  noMore(): void {
    this.#onNoMore?.()
    this.#onNoMore = null
  }
}
