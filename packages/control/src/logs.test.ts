import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Client } from '@openzimki/api'
import type { LogEntry, PlatformError } from '@openzimki/core'
import { artifactOf, startTestControl, type TestControl } from './testing/test-control.ts'

let test: TestControl
let client: Client
let realm: string
const params = { realm: 'wiki' }

beforeEach(async () => {
  test = await startTestControl({ logLines: 20 })
  client = (await test.customer()).client
  realm = (await client.deployments.create({ params, query: { create: true }, body: artifactOf() })).realmId
})
afterEach(() => test.close())

const append = (texts: string[], change: Partial<LogEntry> = {}) =>
  test.agent.ship(
    texts.map(
      (text): LogEntry => ({
        timeMs: 1.5,
        realm,
        deployment: 'd',
        request: null,
        level: 'info',
        text,
        ...change,
      }),
    ),
  )
const texts = (lines: { text: string }[]) => lines.map((line) => line.text)

describe('logs', () => {
  it('show the last lines, oldest first, and page on', async () => {
    await append(['a', 'b', 'c'])
    const last = await client.logs.list({ params, query: { limit: 2 } })
    expect(texts(last.items)).toEqual(['b', 'c'])
    await append(['d'])
    const more = await client.logs.list({ params, query: { after: last.next ?? '' } })
    expect(texts(more.items)).toEqual(['d'])
  })

  it('can be had by level and by request', async () => {
    await append(['fine'])
    await append(['broken'], { level: 'error', request: 'r-1' })
    expect(texts((await client.logs.list({ params, query: { level: 'error' } })).items)).toEqual(['broken'])
    expect(texts((await client.logs.list({ params, query: { request: 'r-1' } })).items)).toEqual(['broken'])
  })

  it('keep a bounded number of lines', async () => {
    for (let batch = 0; batch < 11; batch++)
      await append(Array.from({ length: 100 }, (_, n) => `${batch}-${n}`))
    const { items } = await client.logs.list({ params, query: { limit: 1000 } })
    expect(items.length).toBeLessThan(1000)
    expect(items.at(-1)?.text).toBe('10-99')
  })

  it('in numbered batches are taken once, also at the same time and after a restart, and a run of an agent counts anew', async () => {
    const line = (text: string): LogEntry => ({
      ...{ timeMs: 1, realm, deployment: 'd', request: null, level: 'info' as const, text },
    })
    const [first, second] = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222']
    const ship = (sequence: number, text: string, source = first!) =>
      test.agent.control('log.ship', { source, sequence, entries: [line(text)] })
    await Promise.all([ship(1, 'a'), ship(1, 'a'), ship(1, 'a')])
    await ship(2, 'b')
    await ship(1, 'a')
    await test.restart()
    await ship(2, 'b')
    await ship(1, 'c', second)
    expect(texts((await client.logs.list({ params })).items)).toEqual(['a', 'b', 'c'])
    await expect(ship(0, 'd')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(ship(3, 'd', 'no uuid')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  it('of a realm that the machine never had are dropped', async () => {
    await append(['forged'], { realm: '22222222-2222-4222-8222-222222222222' })
    await append(['true'])
    expect(texts((await client.logs.list({ params })).items)).toEqual(['true'])
  })
})

describe('following', () => {
  it('gives the tail, then lines as they come', async () => {
    await append(['a', 'b', 'c'])
    const seen: string[] = []
    for await (const { data } of await client.logs.follow({ params, query: { tail: 2 } })) {
      seen.push(data.text)
      if (seen.length === 2) await append(['d'])
      if (seen.length === 3) break
    }
    expect(seen).toEqual(['b', 'c', 'd'])
  })

  it('goes on after Last-Event-ID without a gap', async () => {
    await append(['a', 'b', 'c'])
    const { items } = await client.logs.list({ params })
    const seen: string[] = []
    for await (const { data } of await client.logs.follow({ params, lastEventId: items[0]?.id })) {
      seen.push(data.text)
      if (seen.length === 2) break
    }
    expect(seen).toEqual(['b', 'c'])
  })

  it('ends when the client goes, and refuses more than its share', async () => {
    await append(['a'])
    const open = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const lines = (await client.logs.follow({ params, query: { tail: 1 } }))[Symbol.asyncIterator]()
        await lines.next()
        return lines
      }),
    )
    await expect(client.logs.follow({ params })).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' })
    await Promise.all(open.map((lines) => lines.return?.()))
    const again = async (): Promise<unknown> =>
      client.logs.follow({ params, query: { tail: 1 } }).catch((error: PlatformError) => {
        if (error.code !== 'QUOTA_EXCEEDED') throw error
        return again()
      })
    expect(await again()).toBeDefined()
  })

  it('ends when the platform ends, which does not wait for it', async () => {
    await append(['a'])
    const seen: string[] = []
    for await (const { data } of await client.logs.follow({ params, query: { tail: 1 } })) {
      seen.push(data.text)
      test.control.endStreams()
    }
    expect(seen).toEqual(['a'])
  })

  it('with a cursor that is none is refused', async () => {
    await expect(client.logs.follow({ params, query: { after: "1' or 1=1" } })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
  })
})
