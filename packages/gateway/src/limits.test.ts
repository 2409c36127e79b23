import { afterEach, describe, expect, it } from '@jest/globals'
import { ManualClock } from '@openzimki/core'
import { answer, bytes, type CellRequest } from './testing/test-cell.ts'
import { REALM, TestGateway, until } from './testing/test-gateway.ts'

let test: TestGateway

afterEach(() => test.close())

const ok = ({ stream }: CellRequest): void => stream.respond(answer(200), bytes('ok'))

describe('a realm’s limit', () => {
  it('requestBytes is held by the length, before anything is read, and no cell is asked', async () => {
    test = await TestGateway.start(ok)
    test.realm({ limits: { requestBytes: 10 } })
    const { status, text } = await test.ask('/u/wiki/', { method: 'POST', body: 'x'.repeat(11) })
    expect([status, text.includes('limit of 10 bytes (requestBytes)'), test.cells[0]?.requests]).toEqual([
      413,
      true,
      0,
    ])
    expect((await test.ask('/u/wiki/', { method: 'POST', body: 'x'.repeat(10) })).status).toBe(200)
  })

  it('requestBytes is held while a body without length streams', async () => {
    test = await TestGateway.start(async ({ body }) => {
      for await (const chunk of body) if (chunk.length === 0) break
    })
    test.realm({ limits: { requestBytes: 10 } })
    const head =
      'POST /u/wiki/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n'
    const { all } = test.raw(`${head}8\r\n12345678\r\n8\r\n12345678\r\n`)
    expect(await all).toMatch(/^HTTP\/1.1 413 .*requestBytes/s)
    await test.quiet()
    expect(test.cells[0]?.resets).toEqual(['TOO_LARGE'])
  })

  it('responseBytes is held for an answer in one, which is then not sent', async () => {
    test = await TestGateway.start(({ stream }) => stream.respond(answer(200), Buffer.alloc(1_001)))
    test.realm({ limits: { responseBytes: 1_000 } })
    const { status, text } = await test.ask('/u/wiki/')
    expect([status, text.includes('responseBytes')]).toEqual([503, true])
  })

  it('responseBytes is held for an answer that streams, which is then cut off', async () => {
    test = await TestGateway.start(({ stream }) => {
      stream.respond(answer(200))
      const more = (): void => {
        while (!stream.done && stream.write(Buffer.alloc(60_000)));
      }
      stream.handlers = { ...stream.handlers, onDrain: more }
      more()
    })
    test.realm({ limits: { responseBytes: 1_000_000 } })
    const text = await test.raw('GET /u/wiki/ HTTP/1.1\r\nHost: x\r\n\r\n').all
    expect(text.length).toBeLessThan(1_100_000)
    expect(text).not.toMatch(/0\r\n\r\n$/)
    await test.quiet()
  })

  it('wallMs ends a request that is not answered, in whatever it waits', async () => {
    const clock = new ManualClock()
    test = await TestGateway.start(() => undefined, { clock, bounds: { graceMs: 0 } })
    test.realm({ limits: { wallMs: 250 } })
    const asked = test.ask('/u/wiki/')
    await until(() => test.cells[0]?.requests === 1)
    clock.advance(251)
    const { status, text } = await asked
    expect([status, text.includes('limit of 250 ms (wallMs)')]).toEqual([504, true])
    await test.quiet()
    expect(test.cells[0]?.resets).toEqual(['TIMEOUT'])
    test.realm({ cells: [], limits: { wallMs: 20 } })
    test.routes.onDemand = () => new Promise(() => undefined)
    const starting = test.ask('/u/wiki/')
    await until(() => test.routes.demanded.length === 1)
    clock.advance(21)
    expect((await starting).status).toBe(504)
    expect(test.gateway.stats().active).toBe(0)
  })

  it('wallMs does not cut an answer that has begun', async () => {
    const clock = new ManualClock()
    let finish: (() => void) | undefined
    test = await TestGateway.start(
      ({ head, stream }) => {
        if (head.path === '/never') return
        stream.respond(answer(200))
        finish = () => stream.end()
      },
      { clock, bounds: { graceMs: 0 } },
    )
    test.realm({ limits: { wallMs: 250 } })
    const { socket, all } = test.raw('GET /u/wiki/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    await new Promise((resolve) => socket.once('data', resolve))
    const never = test.ask('/u/wiki/never')
    await until(() => test.cells[0]?.requests === 2)
    clock.advance(251)
    // All that is under way is looked at in one go.
    expect((await never).status).toBe(504)
    finish?.()
    expect(await all).toMatch(/^HTTP\/1.1 200 .*\r\n0\r\n\r\n$/s)
  })

  it('concurrency answers 503 at once, for that realm alone, and frees as requests end', async () => {
    const waiting: CellRequest[] = []
    test = await TestGateway.start((request) =>
      request.head.path === '/wait' ? void waiting.push(request) : ok(request),
    )
    test.realm({ limits: { concurrency: 3 } })
    const held = [1, 2, 3].map(() => test.ask('/u/wiki/wait'))
    await until(() => waiting.length === 3)
    const { status, text, headers } = await test.ask('/u/wiki/')
    expect([
      status,
      headers['retry-after'],
      text.includes('3 requests at once, its limit (concurrency)'),
    ]).toEqual([503, '1', true])
    expect(test.gateway.stats()).toMatchObject({ active: 3, realms: 1 })
    for (const request of waiting) ok(request)
    for (const answered of held) expect((await answered).status).toBe(200)
    expect((await test.ask('/u/wiki/')).status).toBe(200)
    expect(test.gateway.stats()).toMatchObject({ active: 0, realms: 0, total: 4 })
  })
})

it('a client that is slow to take its answer does not hold its realm’s place', async () => {
  test = await TestGateway.start((request) => {
    if (request.head.path === '/') ok(request)
    else request.stream.respond(answer(200), Buffer.alloc(250_000))
  })
  test.realm({ limits: { concurrency: 1 } })
  const { socket } = test.raw()
  socket.pause()
  for (let asked = 0; test.gateway.stats().active === 0 || test.gateway.stats().realms > 0; asked++) {
    socket.write('GET /u/wiki/large HTTP/1.1\r\nHost: x\r\n\r\n')
    await until(() => test.gateway.stats().total > asked && test.gateway.stats().realms === 0)
  }
  expect((await test.ask('/u/wiki/')).status).toBe(200)
  expect(test.gateway.stats().active).toBeGreaterThan(0)
})

describe('an answer that stands still', () => {
  it('because the client does not take it is cut off, streamed or whole', async () => {
    test = await TestGateway.start(
      (request) => {
        const { stream, head } = request
        if (head.path === '/whole') {
          stream.respond(answer(200), Buffer.alloc(250_000))
          return
        }
        stream.respond(answer(200))
        const more = (): void => {
          while (!stream.done && stream.write(Buffer.alloc(60_000)));
        }
        stream.handlers = { ...stream.handlers, onDrain: more }
        more()
      },
      { bounds: { stallMs: 100 } },
    )
    const whole = Array.from({ length: 40 }, () => 'GET /u/wiki/whole HTTP/1.1\r\nHost: x\r\n\r\n').join('')
    for (const text of ['GET /u/wiki/ HTTP/1.1\r\nHost: x\r\n\r\n', whole]) {
      const before = test.gateway.stats().total
      const { socket } = test.raw()
      socket.pause()
      socket.write(text)
      await until(() => test.gateway.stats().total > before)
      await test.quiet()
      socket.destroy()
    }
  })

  it('because the cell says nothing more is cut off', async () => {
    test = await TestGateway.start(({ stream }) => stream.respond(answer(200)), { bounds: { silenceMs: 50 } })
    expect(await test.raw('GET /u/wiki/ HTTP/1.1\r\nHost: x\r\n\r\n').all).toMatch(/^HTTP\/1.1 200 OK/)
    await test.quiet()
    expect(test.cells[0]?.resets).toEqual(['TIMEOUT'])
  })
})

describe('invoke', () => {
  const head = (realm = REALM) => ({
    op: 'eval' as const,
    id: 'x',
    realm,
    deployment: 'd'.repeat(64),
    key: 'system',
    alias: null,
    root: '',
    method: 'POST',
    url: 'http://x/',
    path: '/',
    query: '',
    headers: [],
    remote: '',
    debug: true,
  })

  it('brings head and body there and back, with an op that no client can set', async () => {
    test = await TestGateway.start(async (request) => {
      let text = ''
      for await (const chunk of request.body) text += Buffer.from(chunk)
      request.stream.respond(answer(201, ['a', 'b']))
      for (const part of [request.head.op, ' ', text]) request.stream.write(bytes(part))
      request.stream.end()
    })
    const { head: answered, body } = await test.gateway.invoke(head(), bytes('1 + 1'))
    expect([answered, Buffer.from(body).toString()]).toEqual([
      { status: 201, headers: ['a', 'b'] },
      'eval 1 + 1',
    ])
    await test.quiet()
  })

  it('fails as its realm does', async () => {
    test = await TestGateway.start(({ stream }) => stream.respond(answer(200), Buffer.alloc(2_000)))
    await expect(test.gateway.invoke(head('none'), bytes(''))).rejects.toMatchObject({ code: 'NOT_FOUND' })
    test.realm({ state: 'refused', reason: 'no' })
    await expect(test.gateway.invoke(head(), bytes(''))).rejects.toMatchObject({
      code: 'QUARANTINED',
      message: 'no',
    })
    test.realm({ limits: { responseBytes: 1_000 } })
    await expect(test.gateway.invoke(head(), bytes(''))).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })

  it('fails when its realm does not answer in time, whatever comes later', async () => {
    test = await TestGateway.start(ok, { bounds: { invokeMs: 20 } })
    test.realm({ cells: [] })
    let late: ((error: Error) => void) | undefined
    test.routes.onDemand = () =>
      new Promise((_, reject) => {
        late = reject
      })
    await expect(test.gateway.invoke(head(), bytes(''))).rejects.toMatchObject({ code: 'TIMEOUT' })
    late?.(new Error('nobody hears this any more'))
    await test.quiet()
  })
})
