import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { PlatformError } from '@openzimki/core'
import { connectLink, type Link, listenLinks } from '@openzimki/link'
import { answer, bytes, type CellRequest } from './testing/test-cell.ts'
import { TestGateway, until } from './testing/test-gateway.ts'

let test: TestGateway

afterEach(() => test.close())

const ok = ({ stream }: CellRequest): void => stream.respond(answer(200), bytes('ok'))

describe('a cell that dies', () => {
  it.each(['GET', 'HEAD', 'OPTIONS'])(
    'before it answered a %s: another cell is asked once the routes know one',
    async (method) => {
      test = await TestGateway.start(() => void test.cells[0]?.die())
      const second = await test.cell(ok)
      test.routes.onDemand = async () => void test.realm({ cells: [second.endpoint] })
      const asked = test.ask('/u/wiki/', { method })
      await until(() => test.cells[0]?.requests === 1)
      test.realm({ cells: [] })
      expect((await asked).status).toBe(200)
      expect([test.cells[0]?.requests, second.requests]).toEqual([1, 1])
      await test.quiet()
    },
  )

  it('twice: the client is told, and nobody is asked a third time', async () => {
    test = await TestGateway.start(() => void test.cells[0]?.die(), { bounds: { rerouteMs: 1 } })
    const second = await test.cell(() => void second.die())
    const third = await test.cell(ok)
    test.realm({ cells: [test.cells[0], second].flatMap((cell) => cell?.endpoint ?? []) })
    const { status, text } = await test.ask('/u/wiki/')
    expect([status, third.requests, text.includes('went away before it answered')]).toEqual([502, 0, true])
    await test.quiet()
  })

  it('after it may have begun a POST: it is not asked again, because it might do it twice', async () => {
    test = await TestGateway.start(async ({ body }) => {
      for await (const chunk of body) if (chunk.length > 0) break
      await test.cells[0]?.die()
    })
    const second = await test.cell(ok)
    test.realm()
    const { status, text } = await test.ask('/u/wiki/', { method: 'POST', body: 'pay' })
    expect([status, second.requests]).toEqual([502, 0])
    expect(text).toMatch(/request [0-9a-f-]{36}/)
    expect((await test.ask('/u/wiki/', { method: 'POST', body: 'pay' })).status).toBe(200)
  })

  it('before any of a POST was sent to it: it is asked again, and the body arrives', async () => {
    test = await TestGateway.start(({ stream }) =>
      stream.reset(new PlatformError('UNAVAILABLE', 'not loaded here')),
    )
    const second = await test.cell(async ({ stream, body }) => {
      let text = ''
      for await (const chunk of body) text += Buffer.from(chunk)
      stream.respond(answer(200), bytes(text))
    })
    const { socket, all } = test.raw(
      'POST /u/wiki/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5\r\n\r\n',
    )
    await until(() => test.cells[0]?.requests === 1)
    test.realm({ cells: [second.endpoint] })
    await until(() => second.requests === 1)
    socket.write('hello')
    expect(await all).toMatch(/hello$/)
  })

  it('with a body that turned out to be empty: the second cell hears of its end', async () => {
    let first: CellRequest | undefined
    test = await TestGateway.start((request) => {
      first = request
    })
    const second = await test.cell(async ({ stream, body }) => {
      for await (const _ of body);
      stream.respond(answer(200), bytes('empty'))
    })
    const head =
      'POST /u/wiki/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'
    const { all } = test.raw(head)
    await until(() => first !== undefined)
    for await (const _ of (first as CellRequest).body);
    await test.cells[0]?.die()
    test.realm({ cells: [second.endpoint] })
    expect(await all).toMatch(/empty$/)
  })

  it('in the midst of an answer: the client sees that it is cut off', async () => {
    test = await TestGateway.start(({ stream }) => {
      stream.respond(answer(200))
      stream.write(bytes('half'))
      setTimeout(() => void test.cells[0]?.die(), 10)
    })
    const text = await test.raw('GET /u/wiki/ HTTP/1.1\r\nHost: x\r\n\r\n').all
    expect(text).toMatch(/half\r\n$/)
    await test.quiet()
  })

  it('and is still in the routes is passed by when another is there', async () => {
    test = await TestGateway.start(ok)
    await test.cell(ok)
    test.realm()
    await test.ask('/u/wiki/')
    await test.cells[0]?.die()
    expect((await test.ask('/u/wiki/')).status).toBe(200)
    expect(test.cells[1]?.requests).toBe(1)
  })

  it('and comes back under its address is connected anew', async () => {
    test = await TestGateway.start(ok)
    await test.ask('/u/wiki/')
    await test.cells[0]?.die()
    await until(() => test.gateway.stats().cells === 0)
    test.cells.length = 0
    await test.cell(ok)
    expect((await test.ask('/u/wiki/')).status).toBe(200)
    expect(test.gateway.stats().cells).toBe(1)
  })
})

describe('a cell that is greeted', () => {
  it('has its link before the first request, which finds it open', async () => {
    test = await TestGateway.start(ok)
    test.gateway.greet(test.cells[0]!.endpoint)
    await until(() => test.gateway.stats().cells === 1)
    expect((await test.ask('/u/wiki/')).status).toBe(200)
    expect(test.gateway.stats().cells).toBe(1)
  })

  it('and does not answer does no harm, however many there are', async () => {
    let dials = 0
    const connect = (): Promise<Link> => {
      dials += 1
      return new Promise(() => undefined)
    }
    test = await TestGateway.start(ok, { connect })
    for (let n = 0; n < 1_000; n++) test.gateway.greet({ id: `cell-${n}`, address: `unix:/nowhere/${n}` })
    expect(dials).toBe(16)
  })

  it('and is not there fills no log: that is told when a request needs it', async () => {
    const failed: Promise<unknown>[] = []
    const connect = (address: string): Promise<Link> => {
      const link = connectLink(address)
      failed.push(link.catch((error: unknown) => error))
      return link
    }
    test = await TestGateway.start(ok, { connect })
    const nobody = { id: 'cell-1', address: `unix:${test.folder}/nobody` }
    test.gateway.greet(nobody)
    await failed[0]
    expect((await test.ask('/u/wiki/')).status).toBe(200)
    expect(test.logged).toEqual([])
    test.realm({ cells: [nobody] })
    expect((await test.ask('/u/wiki/')).status).toBe(503)
    expect(test.logged.join()).toContain('cell-1')
  })

  it('keeps no more links open than a few, however many it is told of', async () => {
    test = await TestGateway.start(ok)
    let links = 0
    const count = (): void => {
      links += 1
    }
    const listeners = await Promise.all(
      Array.from({ length: 80 }, (_, n) => listenLinks(`unix:${test.folder}/s${n}`, count)),
    )
    for (const [n, { address }] of listeners.entries()) {
      test.gateway.greet({ id: `spare-${n}`, address })
      await until(() => links === n + 1)
    }
    await until(() => test.gateway.stats().cells === 64)
    // The one that is used now is among the newest.
    test.realm({ cells: [test.cells[0]!.endpoint] })
    expect((await test.ask('/u/wiki/')).status).toBe(200)
    for (const listener of listeners) await listener.close()
  })
})

describe('a cell that cannot be reached', () => {
  it('is told to the log with its reason, and to the client without', async () => {
    test = await TestGateway.start(ok)
    test.realm({ cells: [{ id: 'gone', address: `unix:${join(test.folder, 'gone')}` }] })
    const { status, text, headers } = await test.ask('/u/wiki/')
    expect([status, headers['retry-after']]).toEqual([503, '1'])
    expect(text).not.toContain(test.folder)
    expect(test.logged.join()).toContain('A cell cannot be reached')
  })

  it('because something else listens there is no link', async () => {
    test = await TestGateway.start(ok)
    const path = join(test.folder, 'other')
    const other = createServer((socket) =>
      socket
        .on('error', () => socket.destroy())
        .resume()
        .end('SSH-2.0\r\nmore than ten bytes'),
    )
    await new Promise<void>((resolve) => other.listen(path, resolve))
    test.realm({ cells: [{ id: 'other', address: `unix:${path}` }] })
    expect((await test.ask('/u/wiki/')).status).toBe(503)
    await new Promise((resolve) => other.close(resolve))
  })
})

describe('an error of the cell', () => {
  it.each([
    ['SCRIPT_ERROR', 500, 'the <b>message</b>'],
    ['LIMIT_EXCEEDED', 503, 'the <b>message</b>'],
    ['TIMEOUT', 504, 'the <b>message</b>'],
    ['QUARANTINED', 503, 'the <b>message</b>'],
    ['TOO_LARGE', 413, 'the <b>message</b>'],
    ['NOT_FOUND', 404, 'the <b>message</b>'],
    ['INTERNAL', 500, 'Something failed on our side'],
    ['PROTOCOL', 502, 'cannot be passed on'],
    ['CANCELLED', 503, 'was given up'],
  ] as const)('%s becomes a page with status %d', async (code, status, message) => {
    test = await TestGateway.start(({ stream }) =>
      stream.reset(new PlatformError(code, 'the <b>message</b>', { details: { secret: 'detail' } })),
    )
    const page = await test.ask('/u/wiki/', { method: 'POST', body: 'x' })
    expect(page.status).toBe(status)
    expect(page.text).toContain(message.replaceAll('<', '&lt;').replaceAll('>', '&gt;'))
    expect(page.text).not.toMatch(/<b>|detail/)
    expect(page.headers['content-security-policy']).toContain("default-src 'none'")
    await test.quiet()
  })
})

describe('an answer that breaks the rules', () => {
  it.each([
    ['is no JSON', 'nonsense'],
    ['has a status that is none', answer(1000)],
    ['switches protocols', answer(101, ['upgrade', 'websocket'])],
    ['has half a header', answer(200, ['x'])],
  ])('because its head %s becomes 502, and the connection goes on', async (_, head) => {
    test = await TestGateway.start((request) =>
      request.head.path === '/bad' ? request.stream.respond(head, bytes('body')) : ok(request),
    )
    const bad = 'GET /u/wiki/bad HTTP/1.1\r\nHost: x\r\n\r\n'
    const good = 'GET /u/wiki/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    expect(await test.raw(bad + good).all).toMatch(/^HTTP\/1.1 502 .*\nHTTP\/1.1 200 OK.*\r\n\r\nok$/s)
    expect(test.logged.join()).toMatch(/A request failed .*PROTOCOL/)
    await test.quiet()
  })

  it('cannot split into two: headers that would are left out', async () => {
    const evil = [
      'x',
      'a\r\n\r\nHTTP/1.1 200 OK\r\n\r\nforged',
      'Transfer-Encoding',
      'chunked',
      'Content-Length',
      '1',
      'good',
      'yes',
    ]
    test = await TestGateway.start(({ stream }) => stream.respond(answer(200, evil), bytes('body')))
    const { rawHeaders, text, headers } = await test.ask('/u/wiki/')
    expect([headers.x, headers.good, headers['content-length'], text]).toEqual([
      undefined,
      'yes',
      '4',
      'body',
    ])
    expect(rawHeaders.join()).not.toMatch(/forged|chunked/)
  })

  it.each([
    ['more', '3', 'HTTP/1.1 200 OK\r\n\r\nforged'],
    ['less', '300', 'short'],
  ])('by sending %s body than it announced loses the connection', async (_, length, body) => {
    test = await TestGateway.start(({ stream }) => {
      stream.respond(answer(200, ['content-length', length]))
      setTimeout(() => {
        stream.write(bytes(body))
        stream.end()
      }, 5)
    })
    const text = await test.raw('GET /u/wiki/ HTTP/1.1\r\nHost: x\r\n\r\n').all
    expect(text).not.toContain('forged')
    expect(text).toContain(`content-length: ${length}`)
    await test.quiet()
  })

  it('by sending cookies for its neighbours keeps them to itself', async () => {
    const headers = [
      'set-cookie',
      'a=1; Path=/; Domain=localhost',
      'set-cookie',
      'b=2',
      'service-worker-allowed',
      '/',
    ]
    test = await TestGateway.start(({ stream }) => stream.respond(answer(200, headers), null))
    const shared = await test.ask('/u/wiki/')
    expect(shared.headers['set-cookie']).toEqual(['a=1; Path=/u/wiki/', 'b=2; Path=/u/wiki/'])
    expect(shared.headers['service-worker-allowed']).toBeUndefined()
    const own = await test.ask('/', { headers: { host: 'wiki.localhost' } })
    expect([own.headers['set-cookie'], own.headers['service-worker-allowed']]).toEqual([
      ['a=1; Path=/', 'b=2'],
      '/',
    ])
  })
})
