import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { systemClock } from '@openzimki/core'
import { createGateway } from './create-gateway.ts'
import type { GatewayBounds } from './gateway-options.ts'
import { MALFORMED_CHUNKS, MALFORMED_HEADS } from './testing/malformed-requests.ts'
import { answer, bytes } from './testing/test-cell.ts'
import { TestGateway, until } from './testing/test-gateway.ts'

let test: TestGateway
let seen: string[]

const start = (bounds: Partial<GatewayBounds>): Promise<TestGateway> =>
  TestGateway.start(
    async ({ head, stream, body }) => {
      seen.push(head.path)
      if (head.path === '/never') return
      let size = 0
      for await (const chunk of body) size += chunk.length
      stream.respond(answer(200), bytes(`got ${size}`))
    },
    { bounds: { headerBytes: 8_192, headerCount: 50, ...bounds } },
  )

beforeEach(async () => {
  seen = []
  test = await start({})
})

afterEach(() => test.close())

/** One answer of that status and nothing more. */
const only = (status: number): RegExp => new RegExp(`^HTTP/1\\.1 ${status} (?!.*HTTP/1\\.1)`, 's')

const GOOD = 'GET /u/wiki/good HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'

describe('a request that is not HTTP, or could be read in two ways', () => {
  it.each(MALFORMED_HEADS)('(%s) gets 400, and what follows it is not read', async (_, text) => {
    const got = await test.raw(text + GOOD).all
    expect(got).toMatch(/^HTTP\/1.1 400 /)
    expect(got.match(/HTTP\/1.1 /g)).toHaveLength(1)
    expect(seen).toEqual([])
  })

  it.each(MALFORMED_CHUNKS)('in its body (%s) ends the request in the cell too', async (_, text) => {
    await test.ask('/u/wiki/')
    await test.raw(text).all
    await test.quiet()
    expect(test.cells[0]?.failures).toEqual([expect.objectContaining({ code: 'CANCELLED' })])
  })

  it('behind an answer that has begun is not answered within it', async () => {
    const cell = await test.cell(({ stream }) => {
      stream.respond(answer(200))
      stream.write(bytes('begun'))
    })
    test.realm({ cells: [cell.endpoint] })
    const { socket, all } = test.raw('GET /u/wiki/ HTTP/1.1\r\nHost: x\r\n\r\n')
    await new Promise((resolve) => socket.once('data', resolve))
    socket.write('noise\r\n\r\n')
    const got = await all
    expect(got.match(/HTTP\/1.1 /g)).toHaveLength(1)
    expect(got).toMatch(/begun\r\n$/)
  })

  it('by CONNECT gets nothing; an upgrade is not made', async () => {
    await test.raw('CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80\r\n\r\n').all
    const upgrade = GOOD.replace('Connection: close', 'Connection: upgrade, close\r\nUpgrade: websocket')
    expect(await test.raw(upgrade).all).toMatch(/^HTTP\/1.1 200 /)
    expect(seen).toEqual(['/good'])
  })
})

describe('a request that is too large', () => {
  it.each([
    ['one header', `X: ${'a'.repeat(20_000)}\r\n`],
    [
      'all headers together',
      Array.from({ length: 49 }, (_, index) => `X${index}: ${'a'.repeat(400)}\r\n`).join(''),
    ],
    ['the number of headers', Array.from({ length: 60 }, (_, index) => `X${index}: a\r\n`).join('')],
  ])('in %s gets 431', async (_, headers) => {
    expect(await test.raw(`GET /u/wiki/ HTTP/1.1\r\nHost: x\r\n${headers}\r\n`).all).toMatch(
      /^HTTP\/1.1 431 /,
    )
    expect(seen).toEqual([])
  })

  it('in its path gets 431', async () => {
    expect(await test.raw(`GET /u/wiki/${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`).all).toMatch(
      /^HTTP\/1.1 431 /,
    )
  })

  it('by a flood of chunk extensions gets 413', async () => {
    const head = 'POST /u/wiki/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n'
    expect(await test.raw(`${head}1;${'a'.repeat(40_000)}\r\nb\r\n`).all).toMatch(only(413))
    await test.quiet()
  })

  it('10 times over on one connection answers 413 each time, and the connection lives', async () => {
    test.realm({ limits: { requestBytes: 10 } })
    for (let index = 0; index < 10; index++) {
      expect((await test.ask('/u/wiki/', { method: 'POST', body: 'x'.repeat(50_000) })).status).toBe(413)
    }
    expect((await test.ask('/u/wiki/')).status).toBe(200)
  })

  it('many times over on one connection leaves no listener on it', async () => {
    const connections: { port: number | undefined; listeners: number }[] = []
    const other = await TestGateway.start(() => undefined, {
      fallback: ({ socket }, response) => {
        connections.push({ port: socket.remotePort, listeners: socket.listenerCount('close') })
        response.end()
      },
    })
    other.realm({ limits: { requestBytes: 10 } })
    await other.ask('/')
    for (let index = 0; index < 50; index++)
      await other.ask('/u/wiki/', { method: 'POST', body: 'x'.repeat(50_000) })
    await other.ask('/')
    await other.close()
    expect(connections[1]).toEqual(connections[0])
  })
})

describe('a slow client', () => {
  /** Not more so than the test needs: who says 408 too soon, because the host stood still, has cut off one who was quick. */
  const impatient = async (bounds: Partial<GatewayBounds>): Promise<void> => {
    await test.close()
    test = await start(bounds)
  }

  it.each([
    ['never says anything', ''],
    ['never ends its headers', 'GET /u/wiki/ HTTP/1.1\r\nHost: x\r\nX: '],
  ])('that %s is cut off', async (_, text) => {
    await impatient({ headersTimeoutMs: 300 })
    expect(await test.raw(text).all).toMatch(only(408))
  })

  it('that drips its headers is cut off all the same', async () => {
    await impatient({ headersTimeoutMs: 300 })
    const { socket, all } = test.raw('GET /u/wiki/ HTTP/1.1\r\nHost: x\r\n')
    const drip = setInterval(() => socket.write('X: a\r\n'), 20)
    expect(await all).toMatch(only(408))
    clearInterval(drip)
  })

  it('that drips its body is cut off, and the cell is told', async () => {
    await impatient({ headersTimeoutMs: 1_000, requestTimeoutMs: 1_000 })
    const { socket, all } = test.raw('POST /u/wiki/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n')
    const drip = setInterval(() => socket.write('a'), 20)
    expect(await all).toMatch(only(408))
    clearInterval(drip)
    await test.quiet()
    expect(test.cells[0]?.resets).toEqual(['CANCELLED'])
  })

  it('that keeps a connection for nothing is cut off', async () => {
    await impatient({ keepAliveMs: 200 })
    expect(await test.raw(GOOD.replace('close', 'keep-alive')).all).toMatch(/^HTTP\/1.1 200 /)
  })
})

describe('clients that vanish', () => {
  it('while the realm is being started are forgotten', async () => {
    const { endpoint } = test.cells[0] as (typeof test.cells)[0]
    test.realm({ cells: [] })
    let started: (() => void) | undefined
    test.routes.onDemand = () =>
      new Promise((resolve) => {
        started = resolve
      })
    const { socket } = test.raw('GET /u/wiki/ HTTP/1.1\r\nHost: x\r\n\r\n')
    await until(() => started !== undefined)
    socket.destroy()
    await until(() => test.gateway.stats().active === 0)
    test.realm({ cells: [endpoint] })
    started?.()
    expect((await test.ask('/u/wiki/next')).status).toBe(200)
    expect(seen).toEqual(['/next'])
  })
})

describe('closing', () => {
  it('lets a request end, refuses new ones, and leaves nothing open', async () => {
    const slow = test.raw('POST /u/wiki/ HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab')
    await until(() => seen.length === 1)
    const closed = test.gateway.close()
    const late = test.raw(GOOD)
    slow.socket.write('cd')
    expect(await slow.all).toMatch(/got 4$/)
    await closed
    expect(await late.all).toBe('')
    expect([test.routes.listeners, test.gateway.stats().active]).toEqual([0, 0])
    await until(() => test.gateway.stats().cells === 0)
  })

  it('cuts off what does not end', async () => {
    const other = await TestGateway.start(() => undefined, { bounds: { drainMs: 20 } })
    const { all } = other.raw('GET /u/wiki/ HTTP/1.1\r\nHost: x\r\n\r\n')
    await until(() => other.gateway.stats().active === 1)
    await other.gateway.close()
    expect(await all).toBe('')
    expect(other.gateway.stats().active).toBe(0)
    await other.close()
  })

  it('says ALREADY_EXISTS when its port is taken', async () => {
    const other = createGateway({ routes: test.routes, clock: systemClock, log: () => undefined })
    const taken = other.listen({ host: '127.0.0.1', port: test.port })
    await expect(taken).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
      message: expect.stringContaining(`port ${test.port} is taken`),
    })
    await other.close()
  })
})
