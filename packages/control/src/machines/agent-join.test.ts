import { createHash } from 'node:crypto'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { AGENT_PROTOCOL } from '@openzimki/core'
import { connectLink, generateIdentity, type Identity } from '@openzimki/link'
import { openDatabase } from '../database/open-database.ts'
import { FakeAgent } from '../testing/fake-agent.ts'
import { artifactOf, startTestControl, type TestControl } from '../testing/test-control.ts'

let test: TestControl
let identity: Identity
const links: FakeAgent[] = []

beforeEach(async () => {
  identity = generateIdentity()
  test = await startTestControl({ identity })
})
afterEach(async () => {
  for (const { link } of links.splice(0)) link.close()
  await test.close()
})

const comes = async (options?: Parameters<typeof FakeAgent.connect>[1], address = test.agentAddress) => {
  const agent = await FakeAgent.connect(address, options)
  links.push(agent)
  return agent
}

/** What the operator reads, oldest first. */
async function audit(target: string): Promise<Record<string, unknown>[]> {
  const { items } = await test.operator.audit.list({ query: { target } })
  return items.reverse().map(({ action, details }) => ({ action, ...details }))
}

const refusals = async (target: string) =>
  (await audit(target)).flatMap(({ action, why }) => (action === 'machine.refuse' ? [why] : []))

const UNAUTHENTICATED = { code: 'UNAUTHENTICATED' }

describe('a join token', () => {
  it('works once, with one key, and that agent may come again without it', async () => {
    const token = await test.control.addMachine('m-2')
    const agent = await comes()
    expect((await agent.join('m-2', token)).publicKey).toBe(identity.publicKey)
    const again = await comes({ identity: agent.identity })
    await again.join('m-2', '')
    await expect((await comes()).join('m-2', '')).rejects.toMatchObject(UNAUTHENTICATED)
    expect((await test.anonymous.health.get()).machines).toBe(2)
    expect(await refusals('m-2')).toEqual(['wrong-key'])
  })

  it('is good for the same agent again whose answer was lost', async () => {
    const token = await test.control.addMachine('m-2')
    const agent = await comes()
    await agent.join('m-2', token)
    await (await comes({ identity: agent.identity })).join('m-2', token)
    expect(await refusals('m-2')).toEqual([])
    expect((await audit('m-2')).map(({ action }) => action)).toEqual(['machine.add', 'machine.join'])
  })

  it('that is replayed with another key is refused, audited, and its machine is condemned', async () => {
    const token = await test.control.addMachine('m-2')
    await (await comes()).join('m-2', token)
    await expect((await comes()).join('m-2', token)).rejects.toMatchObject(UNAUTHENTICATED)
    expect((await audit('m-2')).slice(2)).toEqual([
      { action: 'machine.refuse', why: 'replayed-token', replaced: ['m-2'] },
      { action: 'machine.condemn', reason: 'replayed-token' },
    ])
  })

  it('goes to one of two who come with it at once', async () => {
    const token = await test.control.addMachine('m-2')
    const agents = [await comes(), await comes()]
    const ends = await Promise.allSettled(agents.map((agent) => agent.join('m-2', token)))
    expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  it('is worth nothing for another machine, when it is forged, when it is late, or when its machine is gone', async () => {
    const token = await test.control.addMachine('m-2')
    await test.control.addMachine('m-3')
    await expect((await comes()).join('m-3', token)).rejects.toMatchObject(UNAUTHENTICATED)
    await expect((await comes()).join('m-3', 'forged')).rejects.toMatchObject(UNAUTHENTICATED)
    await expect((await comes()).join('m-9', token)).rejects.toMatchObject(UNAUTHENTICATED)
    test.clock.advance(3_600_000)
    await expect((await comes()).join('m-2', token)).rejects.toMatchObject({
      ...UNAUTHENTICATED,
      message: expect.stringContaining('too late'),
    })
    expect(await refusals('m-3')).toEqual(['wrong-token', 'wrong-token'])
    expect(await refusals('m-9')).toEqual(['unknown-machine'])
    expect(await refusals('m-2')).toEqual(['expired-token'])
  })

  it('is nowhere on disk', async () => {
    const token = await test.control.addMachine('m-2')
    const db = await openDatabase({
      location: test.options.state ?? `${test.options.directory}/control.sqlite`,
      schema: 'control',
      synchronous: 'FULL',
    })
    const rows = JSON.stringify(await db('machines')) + JSON.stringify(await db('audit'))
    await db.destroy()
    expect(rows).toContain(createHash('sha256').update(token).digest('hex'))
    expect(rows).not.toContain(token)
  })
})

describe('an agent', () => {
  it('with the key of another machine is refused, audited, and both machines are condemned', async () => {
    const first = await comes()
    await first.join('m-2', await test.control.addMachine('m-2'))
    const token = await test.control.addMachine('m-3')
    await expect((await comes({ identity: first.identity })).join('m-3', token)).rejects.toMatchObject(
      UNAUTHENTICATED,
    )
    expect(await refusals('m-3')).toEqual(['key-of-another-machine'])
    for (const machine of ['m-2', 'm-3'])
      expect((await audit(machine)).at(-1)).toMatchObject({ action: 'machine.condemn' })
  })

  it('that shows a key which it does not have is refused', async () => {
    const token = await test.control.addMachine('m-2')
    const agent = await comes()
    agent.sign = (text) => generateIdentity().sign(text)
    await expect(agent.join('m-2', token)).rejects.toMatchObject(UNAUTHENTICATED)
    expect(await refusals('m-2')).toEqual(['wrong-proof'])
    await (await comes()).join('m-2', token)
  })

  it('gets nowhere with a proof that was overheard', async () => {
    const agent = await comes()
    let proof = ''
    agent.sign = (text) => {
      proof = agent.identity.sign(text)
      return proof
    }
    await agent.join('m-2', await test.control.addMachine('m-2'))
    const thief = await comes({ identity: agent.identity })
    thief.sign = () => proof
    await expect(thief.join('m-2', '')).rejects.toMatchObject(UNAUTHENTICATED)
  })

  it('must say hello before it joins, once, and join before anything else', async () => {
    const link = await comes()
    const facts = { version: '0', cpus: 2, memoryBytes: 1e9, jsopNs: 1, joinToken: 't', proof: 'p' }
    await expect(link.control('agent.join', { machine: 'm-1', ...facts })).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
    })
    const other = await comes()
    await other.join('m-2', await test.control.addMachine('m-2'))
    await expect(other.join('m-2', '')).rejects.toMatchObject({ code: 'CONFLICT' })
    const stranger = await comes()
    const batch = { source: 's', sequence: 1, entries: [] }
    await expect(stranger.control('log.ship', batch)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
  })

  it.each([
    ['no nonce', { nonce: '' }],
    ['no key', { publicKey: 'x' }],
    ['a name that is too long', { machine: 'm'.repeat(64) }],
  ])('with a hello of %s is told so', async (_, change) => {
    const agent = await comes()
    const { publicKey } = agent.identity
    const hello = { machine: 'm-1', protocol: 2, publicKey, nonce: 'A'.repeat(43), ...change }
    await expect(agent.control('agent.hello', hello)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  it('that floods control with refusals does not flood the audit, and what is left out is counted', async () => {
    for (let n = 0; n < 65; n++) await (await comes()).join('m-9', 'forged').catch(() => undefined)
    expect(await refusals('m-9')).toHaveLength(60)
    test.clock.advance(60_000)
    await (await comes()).join('m-9', 'forged').catch(() => undefined)
    expect((await audit('m-9')).at(-1)).toMatchObject({ why: 'unknown-machine', leftOutBefore: 5 })
  })

  it('can make control keep little before it has joined', async () => {
    const large = { machine: 'm-2', joinToken: 'x'.repeat(20_000), proof: '', ...{ version: '', jsopNs: 1 } }
    const stranger = await comes()
    await expect(stranger.control('agent.join', { ...large, cpus: 1, memoryBytes: 1 })).rejects.toMatchObject(
      { code: 'TOO_LARGE' },
    )
    const many = await comes()
    const { publicKey } = many.identity
    const hello = { machine: 'm-1', protocol: 2, publicKey, nonce: 'A'.repeat(43) }
    const ends = await Promise.allSettled(
      Array.from({ length: 50 }, () => many.control('agent.hello', hello)),
    )
    const codes = ends.map((end) => (end.status === 'rejected' ? end.reason.code : 'ok'))
    expect(codes.filter((code) => code === 'ok')).toHaveLength(1)
    const agent = await comes()
    await agent.join('m-2', await test.control.addMachine('m-2'))
    const source = '11111111-1111-4111-8111-111111111111'
    const entry = { timeMs: 1, realm: 'r', deployment: 'd', request: null, level: 'info' as const }
    await agent.control('log.ship', {
      source,
      sequence: 1,
      entries: [{ ...entry, text: 'x'.repeat(1 << 20) }],
    })
  })

  it('finds the door shut while too many others stand in it', async () => {
    const waiting = await Promise.all(Array.from({ length: 256 }, () => connectLink(test.agentAddress)))
    const turned = await new Promise((resolve) => {
      connectLink(test.agentAddress, { onClose: resolve }).catch(resolve)
    })
    expect(turned).toMatchObject({ code: expect.stringMatching('LIMIT_EXCEEDED|UNAVAILABLE') })
    for (const link of waiting) link.close()
  })
})

describe('an agent of another release', () => {
  it('speaks what both know, when it is one behind or one ahead', async () => {
    const { current } = AGENT_PROTOCOL
    for (const [machine, protocol, spoken] of [
      ['m-2', current - 1, current - 1],
      ['m-3', current + 1, current],
    ] as const) {
      const agent = await comes()
      agent.protocol = protocol
      const answer = await agent.join(machine, await test.control.addMachine(machine))
      expect(answer.protocol).toBe(spoken)
      await agent.ship([])
    }
  })

  it.each([
    [AGENT_PROTOCOL.oldest - 1, 'the agent is too old: upgrade it'],
    [AGENT_PROTOCOL.current + 2, 'control is too old: upgrade it'],
  ])('%s is refused, and told which side to upgrade', async (protocol, word) => {
    const agent = await comes()
    agent.protocol = protocol
    await expect(agent.join('m-2', await test.control.addMachine('m-2'))).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining(word),
    })
  })
})

describe('beyond the machine itself', () => {
  let proxy: Server
  const sockets = new Set<Socket>()

  beforeEach(() => {
    proxy = createServer()
  })
  afterEach(async () => {
    for (const socket of sockets) socket.destroy()
    if (proxy.listening) await new Promise((resolve) => proxy.close(resolve))
  })

  it('agents come by TLS, which is bound into their proofs', async () => {
    await expect(test.control.listenAgents('tcp:0.0.0.0:0')).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
    const { address } = await test.control.listenAgents('tls:127.0.0.1:0')
    const agent = await comes({ publicKey: identity.publicKey }, address)
    const answer = await agent.join('m-2', await test.control.addMachine('m-2'))
    expect(answer.publicKey).toBe(identity.publicKey)
  })

  it('an agent comes again after a cut, with its key alone, and what it runs is back in the routes', async () => {
    const { client } = await test.customer()
    const { address } = await test.control.listenAgents('tls:127.0.0.1:0')
    proxy.on('connection', (socket: Socket) => {
      const target = connect(Number(address.split(':').at(-1)), '127.0.0.1')
      for (const one of [socket, target]) sockets.add(one.on('error', () => one.destroy()))
      socket.pipe(target).pipe(socket)
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    const through = `tls:127.0.0.1:${(proxy.address() as AddressInfo).port}`
    const { publicKey } = identity
    test.agent.link.close()
    const agent = await comes({ publicKey }, through)
    await agent.join('m-2', await test.control.addMachine('m-2'))
    const live = await client.deployments.create({
      params: { realm: 'wiki' },
      query: { create: true },
      body: artifactOf(),
    })
    const gone = new Promise((resolve) => (agent.link.onClose = resolve))
    for (const socket of sockets) socket.destroy()
    await gone
    const again = await comes({ identity: agent.identity, publicKey }, through)
    for (const [key, held] of agent.held) again.held.set(key, held)
    const cells = () => test.control.routes.current().realms.get(live.realmId)?.cells
    const routed = new Promise<void>((resolve) =>
      test.control.routes.subscribe(() => cells()?.length === 1 && resolve()),
    )
    await again.join('m-2', '')
    await routed
    expect(cells()).toHaveLength(1)
    expect(again.loads).toEqual([])
  })
})
