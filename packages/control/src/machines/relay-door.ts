import { connect, type Socket } from 'node:net'
import { PlatformError } from '@openzimki/core'
import {
  connectLink,
  type IncomingRelay,
  joinSockets,
  type Link,
  linkOver,
  parseAddress,
  readRelay,
} from '@openzimki/link'
import type { ControlLog } from '../control-context.ts'
import type { Agent } from './agent-hub.ts'
import type { Incident } from './machine-incidents.ts'
import { parseRelayAddress } from './relay-address.ts'
import { type BadTicket, RelayTickets } from './relay-tickets.ts'

export interface RelayDoorOptions {
  /** The agent of a machine, while it is joined. */
  agentOf: (machine: string) => Agent | null
  /** `unix:<path>`, where relays for the store lead. */
  storeAddress: string
  /** Somebody was turned away who does what no honest agent does. */
  onIncident: (incident: Incident) => Promise<void>
  log: ControlLog
  bounds?: Partial<RelayBounds>
}

export interface RelayBounds {
  /** From a connection to what it wants. */
  helloMs: number
  /** From the wish for a way to a cell until its agent has dialled in. */
  ticketMs: number
  /** Connections that have not said what they want. */
  maxStrangers: number
  /** Ways to the store that one machine may have open; honest agents have fewer, whatever their cells do. */
  maxStoreRelays: number
}

const BOUNDS: RelayBounds = { helloMs: 5_000, ticketMs: 5_000, maxStrangers: 256, maxStoreRelays: 1_024 }

const BAD_TICKETS: Record<BadTicket, string> = {
  unknown: 'nobody here asked for this',
  used: 'this ticket was used already',
  late: 'this ticket is no longer waited for',
  'of-another-machine': 'this ticket was given to another machine',
}

/**
 * Ways between the platform and cells on other hosts. All are dialled by the machine's agent, which proves its pinned key on each: to one of
 * its cells with a ticket that it was sent for, to the store at any time, within bounds.
 */
export class RelayDoor {
  readonly #options: RelayDoorOptions
  readonly #bounds: RelayBounds
  readonly #tickets: RelayTickets
  /** By machine, with the key that each was opened with. */
  readonly #open = new Map<string, Map<Socket, string>>()
  #strangers = 0

  constructor(options: RelayDoorOptions) {
    this.#options = options
    this.#bounds = { ...BOUNDS, ...options.bounds }
    this.#tickets = new RelayTickets(this.#bounds.ticketMs)
  }

  /** A link to a cell, wherever it is. UNAVAILABLE, TIMEOUT: its machine does not come; NOT_FOUND: it has no such cell. */
  async connect(address: string): Promise<Link> {
    const far = parseRelayAddress(address)
    if (!far) return connectLink(address)
    const { machine, cell } = far
    const agent = this.#options.agentOf(machine)
    if (!agent || agent.distrusted) throw new PlatformError('UNAVAILABLE', `machine ${machine} is away`)
    const ticket = this.#tickets.issue(machine, cell)
    const asked = agent.call(
      'relay.dial',
      { cell, ticket: ticket.text },
      { timeoutMs: this.#bounds.ticketMs },
    )
    // It may come before its answer does, and what it answers then is of no interest.
    asked.catch((thrown: unknown) => ticket.takeBack(PlatformError.from(thrown)))
    return linkOver(await ticket.arrived, `cell ${cell} of machine ${machine}`)
  }

  /** Takes what was dialled with RELAY_PROTOCOL. Never throws. */
  async take(socket: Socket, channel: string): Promise<void> {
    if (this.#strangers >= this.#bounds.maxStrangers) {
      socket.destroy()
      return
    }
    this.#strangers += 1
    try {
      this.#judge(await readRelay(socket, channel, this.#bounds.helloMs))
    } catch {
      // Whoever says nothing that can be understood is hung up on, and there is nobody to tell.
      socket.destroy()
    } finally {
      this.#strangers -= 1
    }
  }

  /** The machine is gone, distrusted, or somebody new: nothing of it goes on. */
  cut(machine: string): void {
    this.#tickets.takeBackAll(machine, new PlatformError('UNAVAILABLE', `machine ${machine} is cut off`))
    for (const socket of this.#open.get(machine)?.keys() ?? []) socket.destroy()
  }

  /** What another agent of this machine opened before it was started again does not go on. */
  joined({ machine, publicKey }: Agent): void {
    for (const [socket, key] of this.#open.get(machine) ?? []) if (key !== publicKey) socket.destroy()
  }

  /** Ways that are open now. */
  count(machine: string): number {
    return this.#open.get(machine)?.size ?? 0
  }

  #judge(relay: IncomingRelay): void {
    const { machine, purpose } = relay.hello
    const agent = this.#options.agentOf(machine)
    // An agent that comes back joins first; a stranger learns nothing more.
    if (!agent) relay.refuse(new PlatformError('UNAVAILABLE', 'join first, then dial again'))
    else if (!relay.isSignedBy(agent.publicKey)) this.#turnAway(relay, 'wrong-proof', wrongKey())
    else if (agent.distrusted)
      relay.refuse(new PlatformError('PERMISSION_DENIED', 'this machine is replaced'))
    else if (purpose === 'cell') this.#takeForCell(relay, agent)
    else this.#takeForStore(relay, agent)
  }

  #takeForCell(relay: IncomingRelay, agent: Agent): void {
    const { machine, ticket } = relay.hello
    const redeemed = this.#tickets.redeem(ticket, machine)
    if ('arrive' in redeemed) {
      const socket = relay.accept()
      this.#keep(machine, socket, agent.publicKey)
      redeemed.arrive(socket)
      return
    }
    const { bad, issuedTo } = redeemed
    const refusal = new PlatformError('PERMISSION_DENIED', BAD_TICKETS[bad])
    // A ticket is told to one agent alone: that another has it cannot be a mistake.
    this.#turnAway(relay, `ticket-${bad}`, refusal, issuedTo === null ? [] : [machine, issuedTo])
  }

  #takeForStore(relay: IncomingRelay, { machine, publicKey }: Agent): void {
    const { maxStoreRelays } = this.#bounds
    const target = parseAddress(this.#options.storeAddress)
    if (target.kind !== 'unix') throw new PlatformError('INTERNAL', 'relays lead to a store at a Unix socket')
    if (this.count(machine) >= maxStoreRelays) {
      const text = `this machine has ${maxStoreRelays} ways open already`
      this.#turnAway(relay, 'too-many-relays', new PlatformError('LIMIT_EXCEEDED', text))
      return
    }
    const store = connect({ path: target.path, allowHalfOpen: true })
    const socket = relay.accept()
    this.#keep(machine, socket, publicKey)
    joinSockets(socket, store, () => undefined)
  }

  #keep(machine: string, socket: Socket, publicKey: string): void {
    const open = this.#open.get(machine) ?? new Map<Socket, string>()
    this.#open.set(machine, open.set(socket, publicKey))
    socket.once('close', () => {
      open.delete(socket)
      if (open.size === 0 && this.#open.get(machine) === open) this.#open.delete(machine)
    })
  }

  #turnAway(relay: IncomingRelay, why: string, error: PlatformError, accused: readonly string[] = []): void {
    const { machine, purpose } = relay.hello
    relay.refuse(error)
    const incident = { machine, action: 'machine.refuse' as const, why, details: { purpose }, accused }
    this.#options.onIncident(incident).catch((error: unknown) => {
      this.#options.log('error', 'The audit could not be written', { error: String(error) })
    })
  }
}

const wrongKey = (): PlatformError =>
  new PlatformError('UNAUTHENTICATED', 'the agent of this machine has another key')
