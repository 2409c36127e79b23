import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { PlatformError } from '@openzimki/core'
import {
  createLink,
  type DialRelayOptions,
  dialRelay,
  generateIdentity,
  type Link,
  listenLinks,
  RELAY_PROTOCOL,
} from '@openzimki/link'
import { FakeAgent } from '../testing/fake-agent.ts'
import { artifactOf, startTestControl, type TestControl } from '../testing/test-control.ts'
import type { Agent } from './agent-hub.ts'
import { RelayDoor } from './relay-door.ts'
import { RelayTickets } from './relay-tickets.ts'

const identity = generateIdentity()
let test: TestControl
let door: string
const closing: (() => unknown)[] = []

beforeEach(async () => {
  test = await startTestControl({ identity, storeAddress: `unix:${await echoStore()}` })
  door = (await test.control.listenAgents('tls:127.0.0.1:0')).address
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  await test.close()
})

let stores = 0
/** Says back what it hears, as a store would not; how it is reached is what matters. */
async function echoStore(): Promise<string> {
  const path = join(process.env.TMPDIR ?? '/tmp', `relay-store-${process.pid}-${++stores}`)
  const server: Server = createServer((socket) => socket.on('error', () => undefined).pipe(socket))
  await new Promise<void>((resolve) => server.listen(path, resolve))
  closing.push(() => server.close())
  return path
}

async function joined(machine: string): Promise<FakeAgent> {
  const agent = await FakeAgent.connect(door, { publicKey: identity.publicKey })
  closing.push(() => agent.link.close())
  await agent.join(machine, await test.control.addMachine(machine))
  return agent
}

type Hello = Partial<Pick<DialRelayOptions, 'machine' | 'purpose' | 'ticket' | 'identity'>>

async function dial(agent: FakeAgent, machine: string, hello: Hello): Promise<Socket> {
  const all = { machine, identity: agent.identity, purpose: 'cell' as const, ticket: '', ...hello }
  const socket = await dialRelay({ address: door, publicKey: identity.publicKey, ...all })
  closing.push(() => socket.destroy())
  return socket
}

/** A cell behind what was dialled. */
function cellAt(socket: Socket, name: string): void {
  const link = createLink(socket, 'server')
  link.onStream = (stream) => stream.respond(`${name} heard ${stream.head}`, null)
}

const asked = (link: Link, head: string): Promise<string> =>
  new Promise((resolve, reject) => {
    link.open(head, { handlers: { onHead: resolve, onReset: reject }, end: true })
  })

/** Why agents of this machine were turned away, for the operator. */
async function refusals(machine: string): Promise<unknown[]> {
  const { items } = await test.operator.audit.list({ query: { target: machine } })
  return items.flatMap(({ action, details }) => (action === 'machine.refuse' ? [details.why] : []))
}

async function until(look: () => Promise<boolean>): Promise<void> {
  while (!(await look())) await new Promise((resolve) => setTimeout(resolve, 5))
}

const isCondemned = async (machine: string): Promise<boolean> => {
  const { items } = await test.operator.audit.list({ query: { target: machine } })
  return items.some(({ action }) => action === 'machine.condemn')
}

describe('a cell of another host', () => {
  it('is led to the gateway by the agent that was asked for it', async () => {
    const agent = await joined('m-2')
    agent.onDial = async (cell, ticket) => cellAt(await dial(agent, 'm-2', { ticket }), cell)
    const link = await test.control.connectCell('relay:m-2/c-1')
    expect(await asked(link, 'ping')).toBe('c-1 heard ping')
    link.close()
  })

  it('is in the routes by its machine and name, wherever the agent says that it listens', async () => {
    test.agent.link.close()
    await joined('m-2')
    const { client } = await test.customer()
    const params = { realm: 'wiki' }
    await client.deployments.create({ params, query: { create: true }, body: artifactOf() })
    const { id } = await client.realms.get({ params })
    const cells = test.control.routes.current().realms.get(id)?.cells
    expect(cells?.map(({ address }) => address)).toEqual(['relay:m-2/cell-1'])
  })

  it('is not waited for when its agent does not have it, or is away, or goes', async () => {
    const agent = await joined('m-2')
    agent.onDial = () => {
      throw new PlatformError('NOT_FOUND', 'this machine has no such cell')
    }
    await expect(test.control.connectCell('relay:m-2/c-1')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(test.control.connectCell('relay:m-9/c-1')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    agent.onDial = () => {
      agent.link.close()
      return new Promise(() => undefined)
    }
    await expect(test.control.connectCell('relay:m-2/c-1')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })

  it.each([
    ['nobody asked for', 'ticket-unknown', async () => 'A'.repeat(43)],
    ['was used', 'ticket-used', usedTicket],
  ])('is not led in by a ticket that %s: refused and audited', async (_what, why, ticketOf) => {
    const agent = await joined('m-2')
    const ticket = await ticketOf(agent)
    await expect(dial(agent, 'm-2', { ticket })).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
    expect(await refusals('m-2')).toEqual([why])
    expect(await isCondemned('m-2')).toBe(false)
  })

  it('is not led in by an agent with the ticket of another machine: both are replaced, and the ticket is gone', async () => {
    const [agent, thief] = [await joined('m-2'), await joined('m-3')]
    agent.onDial = async (_, ticket) => {
      await expect(dial(thief, 'm-3', { ticket })).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
    }
    await expect(test.control.connectCell('relay:m-2/c-1')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(await refusals('m-3')).toEqual(['ticket-of-another-machine'])
    for (const machine of ['m-2', 'm-3']) await until(() => isCondemned(machine))
  })

  it('is not led in by who has the ticket and not the key', async () => {
    const agent = await joined('m-2')
    agent.onDial = async (_, ticket) => {
      const stolen = dial(agent, 'm-2', { ticket, identity: generateIdentity() })
      await expect(stolen).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
      cellAt(await dial(agent, 'm-2', { ticket }), 'the true one')
    }
    const link = await test.control.connectCell('relay:m-2/c-1')
    expect(await asked(link, 'ping')).toBe('the true one heard ping')
    expect(await refusals('m-2')).toEqual(['wrong-proof'])
    link.close()
  })
})

/** The gateway has come and gone with it. */
async function usedTicket(agent: FakeAgent): Promise<string> {
  let used = ''
  agent.onDial = async (cell, ticket) => {
    used = ticket
    cellAt(await dial(agent, 'm-2', { ticket }), cell)
  }
  const link = await test.control.connectCell('relay:m-2/c-1')
  link.close()
  return used
}

describe('the store, from another host', () => {
  it('is reached by the agent of a machine, and by nobody else', async () => {
    const agent = await joined('m-2')
    const socket = await dial(agent, 'm-2', { purpose: 'store' })
    socket.write('ping')
    expect(String((await once(socket, 'data'))[0])).toBe('ping')
    const stranger = dial(agent, 'm-2', { purpose: 'store', identity: generateIdentity() })
    await expect(stranger).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    const unknown = dial(agent, 'm-9', { purpose: 'store' })
    await expect(unknown).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect([await refusals('m-2'), await refusals('m-9')]).toEqual([['wrong-proof'], []])
  })

  it('is cut off, with all its cells, from a machine whose word is worth nothing any more', async () => {
    test.agent.link.close()
    const agent = await joined('m-2')
    const { client } = await test.customer()
    const params = { realm: 'wiki' }
    await client.deployments.create({ params, query: { create: true }, body: artifactOf() })
    const { id } = await client.realms.get({ params })
    const socket = await dial(agent, 'm-2', { purpose: 'store' })
    agent.onDial = async (cell, ticket) => cellAt(await dial(agent, 'm-2', { ticket }), cell)
    const link = await test.control.connectCell('relay:m-2/cell-1')
    const closed = new Promise((resolve) => {
      link.onClose = resolve
    })
    const ended = new Promise((resolve) => socket.once('end', resolve).once('close', resolve).resume())
    const offenders = [{ realm: 'r-never', deployment: 'd', reason: 'x', refused: true }]
    await agent.control('cell.gone', { cell: 'c-9', cordon: null, reason: 'x', offenders })
    await Promise.all([closed, ended])
    const refused = { code: 'PERMISSION_DENIED' }
    await expect(dial(agent, 'm-2', { purpose: 'store' })).rejects.toMatchObject(refused)
    await expect(test.control.connectCell('relay:m-2/cell-1')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(test.control.routes.current().realms.get(id)?.cells).toEqual([])
  })
})

describe('the door for relays', () => {
  const BOUNDS = { ticketMs: 1_000, maxStrangers: 2, maxStoreRelays: 2 }
  const why: string[] = []

  /** Without a control; the agent of m-1 is joined. */
  async function alone(helloMs = 20_000): Promise<{
    relays: RelayDoor
    dialled: (hello?: Hello) => Promise<Socket>
    at: string
  }> {
    const own = generateIdentity()
    const agent = { machine: 'm-1', publicKey: own.publicKey, distrusted: false, alive: () => true } as Agent
    why.length = 0
    const relays = new RelayDoor({
      agentOf: (machine) => (machine === 'm-1' ? agent : null),
      storeAddress: `unix:${await echoStore()}`,
      onIncident: async (incident) => void why.push(incident.why),
      log: () => undefined,
      bounds: { ...BOUNDS, helloMs },
    })
    const take = (socket: Socket, channel: string): void => void relays.take(socket, channel)
    const others = { [RELAY_PROTOCOL]: take }
    const listener = await listenLinks('tls:127.0.0.1:0', () => undefined, { identity, others })
    closing.push(() => listener.close())
    const dialled = async (hello: Hello = {}): Promise<Socket> => {
      const all = { machine: 'm-1', purpose: 'store' as const, ticket: '', identity: own, ...hello }
      const socket = await dialRelay({ address: listener.address, publicKey: identity.publicKey, ...all })
      closing.push(() => socket.destroy())
      return socket
    }
    return { relays, dialled, at: listener.address }
  }

  it('has no more ways to the store for a machine than it may have, and takes others when they end', async () => {
    const { relays, dialled } = await alone()
    const first = await dialled()
    await dialled()
    await expect(dialled()).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    expect(why).toEqual(['too-many-relays'])
    first.destroy()
    await until(async () => relays.count('m-1') === 1)
    await dialled()
  })

  it('hangs up on more strangers than it can bear, and takes others when they have said what they want', async () => {
    // Long enough for three to come, whatever holds them up.
    const { dialled, at } = await alone(3_000)
    const { connect } = await import('node:tls')
    const port = Number(at.split(':').at(-1))
    const strangers: Socket[] = []
    const ends: Promise<unknown>[] = []
    for (let count = 0; count < 2; count++) {
      const stranger = connect({ port, rejectUnauthorized: false, ALPNProtocols: [RELAY_PROTOCOL] })
      strangers.push(stranger.on('error', () => undefined))
      ends.push(once(stranger.resume(), 'close'))
      await once(stranger, 'secureConnect')
    }
    await expect(dialled()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    // They say nothing, and their time is over.
    await Promise.all(ends)
    await dialled()
    expect(why).toEqual([])
  })

  it('ends what another agent opened when the machine was started again', async () => {
    const { relays, dialled } = await alone()
    const old = await dialled()
    const ended = new Promise((resolve) => old.once('end', resolve).once('close', resolve).resume())
    relays.joined({ machine: 'm-1', publicKey: 'another' } as Agent)
    await ended
    await until(async () => relays.count('m-1') === 0)
  })

  it('takes a ticket back when its time is over', async () => {
    const tickets = new RelayTickets(1)
    const { text, arrived } = tickets.issue('m-1', 'c-1')
    await expect(arrived).rejects.toMatchObject({ code: 'TIMEOUT' })
    expect(tickets.redeem(text, 'm-1')).toEqual({ bad: 'late', issuedTo: null })
  })
})
