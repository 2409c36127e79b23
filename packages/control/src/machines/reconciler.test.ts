import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Client } from '@openzimki/api'
import { PlatformError } from '@openzimki/core'
import { verifyCapability } from '@openzimki/store'
import { FakeAgent } from '../testing/fake-agent.ts'
import { artifactOf, startTestControl, type TestControl, versionOf } from '../testing/test-control.ts'

let test: TestControl
let client: Client
let realm: string
let deployment: string
const params = { realm: 'wiki' }

beforeEach(async () => {
  test = await startTestControl()
  client = (await test.customer()).client
  const live = await client.deployments.create({ params, query: { create: true }, body: artifactOf() })
  realm = live.realmId
  deployment = live.deployment
})
afterEach(() => test.close())

const cells = () =>
  test.control.routes
    .current()
    .realms.get(realm)
    ?.cells.map((cell) => cell.id)
const goneCell = () =>
  test.agent.control('cell.gone', {
    cell: test.agent.cellOf(realm, deployment),
    cordon: null,
    reason: 'killed',
    offenders: [],
  })

describe('demand', () => {
  it('costs nothing when a cell is there', async () => {
    await test.control.routes.demand(realm)
    expect(test.agent.loads).toHaveLength(1)
  })

  it('shares one start among all who ask at once', async () => {
    await goneCell()
    test.agent.held.clear()
    const gate = Promise.withResolvers<void>()
    test.agent.gate = gate.promise
    const all = Array.from({ length: 50 }, () => test.control.routes.demand(realm))
    gate.resolve()
    await Promise.all(all)
    expect(test.agent.loads).toHaveLength(2)
    expect(cells()).toEqual(['cell-2'])
  })

  it('gives a capability that opens this realm alone and expires in an hour', async () => {
    const { capability } = test.agent.loads[0]!
    expect(verifyCapability(capability, Buffer.alloc(32, 7), test.clock.nowMs())).toMatchObject({
      ...{ realm, deployment, role: 'cell' },
      expiresAtMs: test.clock.nowMs() + 3_600_000,
    })
  })

  it('answers a failed load again without starting it, until some time has passed', async () => {
    await goneCell()
    test.agent.held.clear()
    test.agent.failures.set(deployment, new PlatformError('SCRIPT_ERROR', 'boom'))
    await expect(test.control.routes.demand(realm)).rejects.toMatchObject({ code: 'SCRIPT_ERROR' })
    test.agent.failures.clear()
    await expect(test.control.routes.demand(realm)).rejects.toMatchObject({ code: 'SCRIPT_ERROR' })
    test.clock.advance(2_001)
    await test.control.routes.demand(realm)
    expect(cells()).toEqual(['cell-2'])
  })

  it('goes on with the agent that comes back, when its link is cut in the middle of a load', async () => {
    test.agent.held.get(`${realm} ${deployment}`)!.idleMs = 15 * 60_000
    await test.control.reconciler.tick()
    await test.control.reconciler.tick()
    expect(cells()).toEqual([])
    test.agent.gate = new Promise(() => undefined)
    const before = test.agent.loads.length
    const asked = Promise.withResolvers<void>()
    test.agent.onLoad = asked.resolve
    const demand = test.control.routes.demand(realm)
    await asked.promise
    test.agent.link.close()
    const again = await FakeAgent.connect(test.agentAddress, { identity: test.agent.identity })
    await again.join('m-1', '')
    await demand
    expect(test.agent.loads).toHaveLength(before)
    expect(again.loads.map((load) => load.realm)).toEqual([realm])
    expect(cells()).toEqual(['cell-1'])
    again.link.close()
  })

  it('ends with the newer version when a deploy comes in between', async () => {
    await goneCell()
    test.agent.held.clear()
    const gate = Promise.withResolvers<void>()
    test.agent.gate = gate.promise
    const demand = test.control.routes.demand(realm)
    const deploy = client.deployments.create({ params, body: versionOf('2') })
    gate.resolve()
    await Promise.all([demand, deploy])
    const route = test.control.routes.current().realms.get(realm)
    expect(route?.deployment).toBe((await deploy).deployment)
    expect(route?.cells).toHaveLength(1)
  })

  it.each([
    ['a realm that is unknown', 'no-such-realm', 'NOT_FOUND'],
    ['a realm without deployment', 'empty', 'NOT_FOUND'],
    ['a realm that is refused', 'refused', 'QUARANTINED'],
  ])('of %s is refused', async (_, which, code) => {
    const empty = await client.realms.create({ body: { name: 'empty' } })
    await test.operator.realms.update({ params: { realm }, body: { refuse: 'unpaid' } })
    const id = { empty: empty.id, refused: realm }[which] ?? which
    await expect(test.control.routes.demand(id)).rejects.toMatchObject({ code })
  })
})

describe('routes', () => {
  it('lose a cell at once when its agent says that it is gone', async () => {
    const published: number[] = []
    test.control.routes.subscribe((snapshot) =>
      published.push(snapshot.realms.get(realm)?.cells.length ?? -1),
    )
    await goneCell()
    expect(published).toEqual([0])
  })

  it('lose every cell of an agent whose link is gone', async () => {
    const gone = new Promise<void>((resolve) => test.control.routes.subscribe(() => resolve()))
    test.agent.link.close()
    await gone
    expect(cells()).toEqual([])
  })

  it('are all there after a restart of control, with what the agent still holds', async () => {
    const cell = test.agent.cellOf(realm, deployment)
    const held = test.agent.held
    await test.restart()
    for (const [key, value] of held) test.agent.held.set(key, value)
    await test.control.reconciler.tick()
    expect(cells()).toEqual([cell])
    expect(test.control.routes.current().keys.get('wiki')?.realm).toBe(realm)
  })

  it('take back what was believed of a cell that the agent does not list', async () => {
    test.agent.held.clear()
    await test.control.reconciler.tick()
    expect(cells()).toEqual([])
  })

  it('change once for many changes of one turn', async () => {
    let published = 0
    test.control.routes.subscribe(() => published++)
    const before = test.control.routes.current().version
    await client.keys.create({ params, body: { alias: 'other' } })
    expect(published).toBe(1)
    expect(test.control.routes.current().version).toBe(before + 1)
  })
})

describe('a round', () => {
  it('unloads a realm that nobody asked for, and loads it again on demand', async () => {
    test.agent.held.get(`${realm} ${deployment}`)!.idleMs = 15 * 60_000
    await test.control.reconciler.tick()
    expect(cells()).toEqual([])
    await test.control.reconciler.tick()
    expect(test.agent.unloads).toEqual([`${realm} ${deployment}`])
    await test.control.routes.demand(realm)
    expect(cells()).toEqual(['cell-2'])
  })

  it('keeps an idle realm that is asked for while it is being unloaded', async () => {
    test.agent.held.get(`${realm} ${deployment}`)!.idleMs = 15 * 60_000
    await test.control.reconciler.tick()
    await test.control.routes.demand(realm)
    expect(cells()).toEqual(['cell-1'])
    test.agent.held.get(`${realm} ${deployment}`)!.idleMs = 0
    await test.control.reconciler.tick()
    expect(test.agent.unloads).toEqual([])
  })

  it('renews a capability before it expires, and not earlier', async () => {
    await test.control.reconciler.tick()
    expect(test.agent.renewals).toHaveLength(0)
    test.clock.advance(41 * 60_000)
    test.agent.held.get(`${realm} ${deployment}`)!.idleMs = 0
    await test.control.reconciler.tick()
    expect(verifyCapability(test.agent.renewals[0]!, Buffer.alloc(32, 7), test.clock.nowMs())).toMatchObject({
      expiresAtMs: test.clock.nowMs() + 3_600_000,
    })
  })

  it('goes on when an agent does not answer', async () => {
    test.agent.link.close()
    await test.control.reconciler.tick()
    expect(test.control.routes.current().realms.has(realm)).toBe(true)
  })
})

describe('a deployment that did not obey', () => {
  it('is answered as refused, and its owner reads why', async () => {
    const offender = { realm, deployment, reason: 'ran past cpuMs three times', refused: true }
    await test.agent.control('cell.gone', {
      ...{ cell: test.agent.cellOf(realm, deployment), cordon: null, reason: 'killed' },
      offenders: [offender, { ...offender, realm: 'somebody-elses' }],
    })
    await expect(test.control.routes.demand(realm)).rejects.toMatchObject({
      code: 'QUARANTINED',
      message: expect.stringContaining('ran past cpuMs'),
    })
    const { items } = await client.logs.list({ params })
    expect(items.map((line) => line.text)).toEqual(['refused from now on: ran past cpuMs three times'])
  })
})

describe('an agent', () => {
  it.each([
    ['a wrong token', 'm-1', 'wrong'],
    ['a machine that is not registered', 'm-2', 'wrong'],
  ])('with %s may not join, and may call nothing', async (_, machine, token) => {
    const stranger = await FakeAgent.connect(test.agentAddress)
    await expect(stranger.control('usage.report', {} as never)).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
    })
    await expect(stranger.join(machine, token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    stranger.link.close()
  })

  it('that joins again takes the place of its old link', async () => {
    const token = await test.control.addMachine('m-3')
    const first = await FakeAgent.connect(test.agentAddress)
    await first.join('m-3', token)
    const closed = new Promise<void>((resolve) => {
      first.link.onClose = () => resolve()
    })
    const second = await FakeAgent.connect(test.agentAddress, { identity: first.identity })
    await second.join('m-3', token)
    await closed
    expect((await test.anonymous.health.get()).machines).toBe(2)
    second.link.close()
  })

  it('that sends nonsense gets an error, and control goes on', async () => {
    await expect(test.agent.control('cell.gone', { cell: 5 } as never)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
    await expect(test.agent.ship([{ text: 1 }] as never)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
    expect((await test.anonymous.health.get()).status).toBe('ok')
  })
})
