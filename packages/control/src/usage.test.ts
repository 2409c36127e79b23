import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Client } from '@openzimki/api'
import type { UsageRecord, UsageWindow } from '@openzimki/core'
import { verifyReadings } from '@openzimki/meter'
import { FakeAgent } from './testing/fake-agent.ts'
import { artifactOf, START_MS, startTestControl, type TestControl } from './testing/test-control.ts'

let test: TestControl
let client: Client
let account: string
let realm: string
let key: string
let deployment: string
const params = { realm: 'wiki' }
const HOUR_MS = 3_600_000
const SOURCE = '11111111-1111-4111-8111-111111111111'

beforeEach(async () => {
  test = await startTestControl()
  const customer = await test.customer()
  client = customer.client
  account = customer.account
  const live = await client.deployments.create({ params, query: { create: true }, body: artifactOf() })
  realm = live.realmId
  key = live.key ?? ''
  deployment = live.deployment
})
afterEach(() => test.close())

const recordOf = (change: Partial<UsageRecord> = {}): UsageRecord => ({
  ...{ account, realm, key, deployment, function: '/', outcome: 'ok', requests: 2, cpuNs: 1_000, jsops: 10 },
  ...{ wallMs: 5, bytesIn: 100, bytesOut: 200, egressBytes: 0, storeReads: 1, storeWrites: 0 },
  ...change,
})
const windowOf = (sequence: number, rows: UsageRecord[], startMs = test.clock.nowMs()): UsageWindow => ({
  ...{ source: SOURCE, sequence, startMs, endMs: startMs + 1_000, rows },
})
const report = (window: UsageWindow) => test.agent.control('usage.report', window)
const usage = (by: 'function' | 'key' | 'hour' = 'function') => client.usage.get({ params, query: { by } })

/** The realm is idle for so long that it is unloaded. */
const unload = async (): Promise<void> => {
  test.agent.held.get(`${realm} ${deployment}`)!.idleMs = 15 * 60_000
  await test.control.reconciler.tick()
  await test.control.reconciler.tick()
  expect(test.agent.unloads).toHaveLength(1)
}

/** What the audit says of one kind. */
async function audited(action: string): Promise<Record<string, unknown>[]> {
  const { items } = await test.operator.audit.list({ query: { action } })
  return items.map(({ target, details }) => ({ target, ...details }))
}

describe('usage', () => {
  it('adds up by function, key and hour to the same totals', async () => {
    const error = recordOf({ function: '/edit', outcome: 'error', requests: 1, cpuNs: 50_000 })
    await report(windowOf(1, [recordOf(), error]))
    test.clock.advance(HOUR_MS)
    await report(windowOf(2, [recordOf({ key: 'system' })]))
    const byFunction = await usage()
    expect(byFunction.items.map((row) => [row.group, row.requests, row.errors])).toEqual([
      ['/edit', 1, 1],
      ['/', 4, 0],
    ])
    expect((await usage('key')).items.map((row) => [row.group, row.alias])).toEqual([
      [key, 'wiki'],
      ['system', null],
    ])
    expect((await usage('hour')).items.map((row) => row.group)).toEqual([
      '2026-01-01T00:00:00.000Z',
      '2026-01-01T01:00:00.000Z',
    ])
    for (const by of ['function', 'key', 'hour'] as const) {
      const { items, totals } = await usage(by)
      expect(totals).toMatchObject({ requests: 5, cpuNs: 52_000, bytesOut: 600, errors: 1 })
      expect(items.reduce((sum, row) => sum + row.cpuNs, 0)).toBe(totals.cpuNs)
    }
  })

  it('counts a window once however often it is reported, also at the same time and after a restart', async () => {
    const window = windowOf(1, [recordOf()])
    await Promise.all([report(window), report(window), report(window)])
    await test.restart()
    await report(window)
    expect((await usage()).totals.requests).toBe(2)
  })

  it('counts a window of many rows whole, those of the same function together', async () => {
    const rows = Array.from({ length: 350 }, (_, n) => recordOf({ function: `/${n % 250}`, requests: 1 }))
    await report(windowOf(1, rows))
    await report(windowOf(2, rows))
    const { totals } = await usage()
    expect(totals).toMatchObject({ requests: 700, cpuNs: 700_000, bytesOut: 140_000 })
    const { items } = await client.usage.get({ params, query: { by: 'function', limit: 500 } })
    expect(items).toHaveLength(250)
    const requests = new Map(items.map((row) => [row.group, row.requests]))
    expect([requests.get('/0'), requests.get('/99'), requests.get('/100'), requests.get('/249')]).toEqual([
      ...[4, 4, 2, 2],
    ])
  })

  it('counts windows that come in any order, each once', async () => {
    for (const sequence of [3, 1, 5, 3, 2, 1, 4, 5, 4, 6, 2]) await report(windowOf(sequence, [recordOf()]))
    expect((await usage()).totals.requests).toBe(12)
  })

  it('of two machines with the same source is counted for each: neither can use up the numbers of the other', async () => {
    const second = await FakeAgent.connect(test.agentAddress)
    await second.join('m-2', await test.control.addMachine('m-2'))
    await second.control('usage.report', windowOf(1, []))
    await report(windowOf(1, [recordOf()]))
    expect((await usage()).totals.requests).toBe(2)
    second.link.close()
  })

  it('leaves out what cannot be measured, so that sums stay exact', async () => {
    await report(windowOf(1, [recordOf({ cpuNs: Number.MAX_SAFE_INTEGER }), recordOf({ function: '/b' })]))
    expect((await usage()).totals).toMatchObject({ requests: 2, cpuNs: 1_000 })
  })

  it('keeps what it acknowledged through a crash', async () => {
    await report(windowOf(1, [recordOf()]))
    await test.restart()
    expect((await usage()).totals).toMatchObject({ requests: 2, cpuNs: 1_000 })
  })

  it('counts nothing of a realm that the machine never had, but takes the rest, and the machine is condemned', async () => {
    await report(windowOf(1, [recordOf({ realm: '22222222-2222-4222-8222-222222222222' }), recordOf()]))
    expect((await usage()).totals.requests).toBe(2)
    expect(await audited('machine.lie')).toEqual([
      {
        ...{ target: 'm-1', why: 'it reported usage of realms that it did not have then', count: 1 },
        ...{ realms: ['22222222-2222-4222-8222-222222222222'], replaced: ['m-1'] },
      },
    ])
    expect(await audited('machine.condemn')).toHaveLength(1)
  })

  it('is believed of a realm for some minutes after its unload, and not of later times', async () => {
    await unload()
    test.clock.advance(9 * 60_000)
    await report(windowOf(1, [recordOf()]))
    test.clock.advance(2 * 60_000)
    await report(windowOf(2, [recordOf()]))
    expect((await usage()).totals.requests).toBe(2)
    expect(await audited('machine.lie')).toHaveLength(1)
  })

  it('is believed of a realm that was unloaded and is loaded again', async () => {
    await unload()
    test.clock.advance(HOUR_MS)
    await test.control.routes.demand(realm)
    await report(windowOf(1, [recordOf()]))
    expect((await usage()).totals.requests).toBe(2)
    expect(await audited('machine.lie')).toEqual([])
  })

  it('of the time before a realm came is not believed, nor of what was spooled before a restart forgot nothing', async () => {
    await report(windowOf(1, [recordOf()], test.clock.nowMs() - HOUR_MS))
    expect((await usage()).totals.requests).toBe(0)
    await unload()
    const spooled = windowOf(2, [recordOf()])
    test.clock.advance(5 * HOUR_MS)
    await test.restart()
    await report(spooled)
    expect((await usage()).totals.requests).toBe(2)
    await report(windowOf(3, [recordOf()]))
    expect((await usage()).totals.requests).toBe(2)
  })

  it('of a machine that lost its link is believed: it serves on', async () => {
    test.agent.link.close()
    test.clock.advance(5 * HOUR_MS)
    await test.restart()
    await report(windowOf(1, [recordOf()]))
    expect((await usage()).totals.requests).toBe(2)
  })

  it('charges the account that owns the realm, whatever the report says', async () => {
    await report(windowOf(1, [recordOf({ account: '33333333-3333-4333-8333-333333333333' })]))
    test.clock.advance(2 * HOUR_MS)
    await test.control.sealReadings()
    const [line = ''] = await Array.fromAsync(await client.usage.readings({ params }))
    expect(JSON.parse(line).reading.account).toBe(account)
  })

  it.each<[string, object]>([
    ['negative amounts', { rows: [{ requests: -1 }] }],
    ['amounts that are no numbers', { rows: [{ cpuNs: '5' }] }],
    ['a label without bounds', { rows: [{ function: 'x'.repeat(100_000) }] }],
    ['no rows', { rows: 5 }],
    ['a sequence of 0', { sequence: 0 }],
  ])('refuses a window with %s', async (_, change) => {
    const bad = { ...windowOf(1, [recordOf()]), ...change }
    if (Array.isArray(bad.rows)) bad.rows = bad.rows.map((row) => ({ ...recordOf(), ...row }))
    await expect(report(bad)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect((await usage()).totals.requests).toBe(0)
  })

  it('pages, and its totals are of the whole period', async () => {
    const rows = Array.from({ length: 5 }, (_, n) => recordOf({ function: `/${n}`, cpuNs: 100 - n }))
    await report(windowOf(1, rows))
    const groups: string[] = []
    let after: string | undefined
    do {
      const page = await client.usage.get({ params, query: { limit: 2, after } })
      expect(page.totals.requests).toBe(10)
      groups.push(...page.items.map((row) => row.group))
      after = page.next ?? undefined
    } while (after)
    expect(groups).toEqual(['/0', '/1', '/2', '/3', '/4'])
  })
})

describe('readings', () => {
  const lines = async () => Array.fromAsync(await client.usage.readings({ params }))

  it('are made once an hour is over, signed, chained, and hold against the public key', async () => {
    await report(windowOf(1, [recordOf()]))
    expect(await test.control.sealReadings()).toBe(0)
    test.clock.advance(HOUR_MS + 121_000)
    await report(windowOf(2, [recordOf({ function: '/b' })]))
    expect(await test.control.sealReadings()).toBe(1)
    test.clock.advance(HOUR_MS + 121_000)
    expect(await test.control.sealReadings()).toBe(1)
    expect(await test.control.sealReadings()).toBe(0)
    const { publicKeyPem } = await test.anonymous.usage.providerKey()
    expect(await verifyReadings(await lines(), publicKeyPem)).toMatchObject({ ok: true, count: 2 })
  })

  it('are never changed by a window that comes late: it is counted in an hour that is open', async () => {
    await report(windowOf(1, [recordOf()]))
    test.clock.advance(2 * HOUR_MS)
    await test.control.sealReadings()
    const before = await lines()
    await report(windowOf(2, [recordOf()], START_MS))
    test.clock.advance(2 * HOUR_MS)
    await test.control.sealReadings()
    const after = await lines()
    expect(after[0]).toBe(before[0])
    const total = after.reduce((sum, line) => sum + JSON.parse(line).reading.totals.requests, 0)
    expect(total).toBe((await usage()).totals.requests)
    expect(total).toBe(4)
  })

  it('are made of an idle realm when what it stores costs something, and not else', async () => {
    test.clock.advance(2 * HOUR_MS)
    expect(await test.control.sealReadings()).toBe(0)
    await test.stores.refs.add(realm, 'a'.repeat(64), 5_000_000_000)
    test.clock.advance(HOUR_MS)
    expect(await test.control.sealReadings()).toBe(1)
    expect(await test.control.sealReadings()).toBe(0)
    const [line = ''] = await lines()
    expect(JSON.parse(line).reading).toMatchObject({
      rows: [],
      totals: { requests: 0 },
      storage: { microTokens: 15_000_000 },
    })
    await report(windowOf(1, [recordOf()]))
    test.clock.advance(HOUR_MS + 121_000)
    await test.control.sealReadings()
    const { publicKeyPem } = await test.anonymous.usage.providerKey()
    expect(await verifyReadings(await lines(), publicKeyPem)).toMatchObject({ ok: true, count: 2 })
  })

  it('are not put into the future by a machine whose clock is wrong', async () => {
    await report(windowOf(1, [recordOf()], START_MS + 100 * HOUR_MS))
    expect((await usage('hour')).items.map((row) => row.group)).toEqual(['2026-01-01T00:00:00.000Z'])
  })
})
