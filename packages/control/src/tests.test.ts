import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Client } from '@openzimki/api'
import type { RequestHead } from '@openzimki/core'
import { artifactOf, startTestControl, type TestControl } from './testing/test-control.ts'

let test: TestControl
let client: Client
let realm: string
let deployment: string
const params = { realm: 'wiki' }
const unitTests = [
  { name: 'a.js', source: 'assert(true)' },
  { name: 'b.js', source: 'assert(false)' },
]
const pass = {
  name: 'a.js',
  planned: 1,
  assertions: [{ ok: true, name: 'works', detail: null }],
  error: null,
}

beforeEach(async () => {
  test = await startTestControl()
  client = (await test.customer()).client
  const body = artifactOf({ tests: unitTests, classes: ['Page'] })
  const live = await client.deployments.create({ params, query: { create: true }, body })
  realm = live.realmId
  deployment = live.deployment
  const put = {
    op: 'put' as const,
    className: 'Page',
    id: '44444444-4444-4444-8444-444444444444',
    data: { title: 'x' },
  }
  await test.stores.objects.batch(realm, 1, [put])
})
afterEach(() => test.close())

describe('a test run', () => {
  it('happens on a copy with the same objects and files, which is gone afterwards', async () => {
    let seen = 0
    test.answers.next = (head) => {
      expect(test.control.routes.current().realms.get(head.realm)?.cells).toHaveLength(1)
      seen = test.control.routes.current().keys.size
      return [pass]
    }
    const before = test.control.routes.current().keys.size
    expect(await client.tests.run({ params, body: {} })).toMatchObject({
      ok: true,
      tests: [{ name: 'a.js', ok: true }],
    })
    const [{ head, body }] = test.invoked as [{ head: RequestHead; body: string }]
    expect(head).toMatchObject({ op: 'test', deployment, key: 'system' })
    expect(head.realm).not.toBe(realm)
    expect(JSON.parse(body)).toEqual({ tests: unitTests })
    expect(seen).toBe(before)
    expect(await test.stores.objects.listClasses(head.realm)).toEqual([])
    expect(await test.stores.refs.list(head.realm)).toEqual([])
    expect(test.agent.unloads).toEqual([`${head.realm} ${deployment}`])
    expect(test.control.routes.current().realms.has(head.realm)).toBe(false)
    expect(await test.stores.objects.count(realm, 'Page', {})).toBe(1)
  })

  it('gives the copy the objects and files of the realm', async () => {
    const copied: Promise<[number, boolean]>[] = []
    test.answers.next = (head) => {
      const count = test.stores.objects.count(head.realm, 'Page', { title: 'x' })
      copied.push(Promise.all([count, test.stores.refs.has(head.realm, deployment)]))
      return [pass]
    }
    await client.tests.run({ params, body: {} })
    // The copy may be gone by the time the reads are answered, but they were asked before.
    expect(await Promise.all(copied)).toEqual([[1, true]])
  })

  it('in the realm itself happens only when asked for', async () => {
    test.answers.next = () => [pass]
    await client.tests.run({ params, body: { copy: false, names: ['a.js'] } })
    expect(test.invoked[0]?.head.realm).toBe(realm)
    expect(JSON.parse(test.invoked[0]?.body ?? '')).toEqual({ tests: [unitTests[0]] })
  })

  it.each([
    ['a failed assertion', { ...pass, assertions: [{ ok: false, name: 'n', detail: 'got 1' }] }, 'got 1'],
    ['a wrong plan', { ...pass, planned: 2 }, 'planned 2 assertions, but ran 1'],
    ['a throw', { ...pass, error: { message: 'boom', stack: 'Error: boom\n at a.js:1' } }, 'boom'],
  ])('fails with %s, and says why in TAP', async (_, result, why) => {
    test.answers.next = () => [result]
    const report = await client.tests.run({ params, body: {} })
    expect(report.ok).toBe(false)
    expect(report.tap).toContain('TAP version 14\n1..1\n')
    expect(report.tap).toContain('not ok 1 - a.js')
    expect(report.tap).toContain(why)
  })

  it('whose program answers nonsense is an error, and the copy is gone all the same', async () => {
    test.answers.next = () => ({ surprise: true })
    await expect(client.tests.run({ params, body: {} })).rejects.toMatchObject({ code: 'SCRIPT_ERROR' })
    expect(await test.stores.refs.list(test.invoked[0]?.head.realm ?? '')).toEqual([])
  })

  it('of a test that is not there is NOT_FOUND', async () => {
    await expect(client.tests.run({ params, body: { names: ['c.js'] } })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
  })

  it('whose copy a crash left behind is swept at the next start', async () => {
    let copy = ''
    test.answers.next = (head) => {
      copy = head.realm
      return [pass]
    }
    const { objects } = test.stores
    const deleteRealm = objects.deleteRealm
    objects.deleteRealm = async () => {
      throw new Error('crash')
    }
    await expect(client.tests.run({ params, body: {} })).rejects.toMatchObject({ code: 'INTERNAL' })
    objects.deleteRealm = deleteRealm
    expect(await objects.listClasses(copy)).toEqual(['Page'])
    await test.restart()
    expect(await objects.listClasses(copy)).toEqual([])
  })

  it('is charged to the realm, and logs into it', async () => {
    const copies: Promise<unknown>[] = []
    test.answers.next = (head) => {
      const labels = {
        account: 'x',
        realm: head.realm,
        key: 'system',
        deployment,
        function: '(unit tests)',
        outcome: 'ok' as const,
      }
      const amounts = {
        requests: 1,
        cpuNs: 5,
        jsops: 0,
        wallMs: 0,
        bytesIn: 0,
        bytesOut: 0,
        egressBytes: 0,
        storeReads: 0,
        storeWrites: 0,
      }
      const window = {
        source: realm,
        sequence: 1,
        startMs: test.clock.nowMs(),
        endMs: test.clock.nowMs(),
        rows: [{ ...labels, ...amounts }],
      }
      const line = {
        timeMs: 1,
        realm: head.realm,
        deployment,
        request: null,
        level: 'info' as const,
        text: 'from the test',
      }
      copies.push(test.agent.control('usage.report', window), test.agent.ship([line]))
      return [pass]
    }
    await client.tests.run({ params, body: {} })
    await Promise.all(copies)
    expect((await client.usage.get({ params })).totals.cpuNs).toBe(5)
    expect((await client.logs.list({ params })).items.map((line) => line.text)).toEqual(['from the test'])
  })
})

describe('the shell', () => {
  it('evaluates in the realm and answers what came out', async () => {
    test.answers.next = () => ({ value: '42', error: null })
    expect(await client.shell.evaluate({ params, body: { source: '6*7' } })).toMatchObject({ value: '42' })
    expect(test.invoked[0]?.head).toMatchObject({ op: 'eval', realm, deployment })
    expect(JSON.parse(test.invoked[0]?.body ?? '')).toEqual({ code: '6*7' })
  })

  it('shows what the program threw', async () => {
    test.answers.next = () => ({
      value: null,
      error: { message: 'x is not defined', stack: 'ReferenceError: x' },
    })
    await expect(client.shell.evaluate({ params, body: { source: 'x' } })).rejects.toMatchObject({
      code: 'SCRIPT_ERROR',
      message: 'x is not defined',
      details: { stack: 'ReferenceError: x' },
    })
  })

  it('of a realm without deployment says so', async () => {
    await client.realms.create({ body: { name: 'empty' } })
    const ask = client.shell.evaluate({ params: { realm: 'empty' }, body: { source: '1' } })
    await expect(ask).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})
