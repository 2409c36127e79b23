import type { RequestListener } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from '@jest/globals'
import { createEgress, type EgressOptions } from './index.ts'
import { startTestServer, type TestServer } from './testing/test-server.ts'

const servers: TestServer[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

/** A server that must never be reached, and how often it was. */
const serve = async (listener?: RequestListener) => {
  const reached: string[] = []
  const server = await startTestServer((request, response) => {
    reached.push(String(request.url))
    if (listener) listener(request, response)
    else response.end('secret')
  })
  servers.push(server)
  return { ...server, reached }
}
const ask = (
  url: string,
  options: Partial<EgressOptions> = {},
  more: { method?: string; headers?: string[]; body?: Uint8Array } = {},
) =>
  createEgress({ allow: [], timeoutMs: 5_000, ...options }).request({
    method: 'GET',
    url,
    headers: [],
    redirect: 'follow',
    ...more,
  })

describe('a hostile program', () => {
  it.each([
    '127.0.0.1',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '127.1',
    '0',
    '0.0.0.0',
    '127.0.0.1.',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::7f00:1]',
    '[64:ff9b::7f00:1]',
    '①②⑦.0.0.1',
    'localhost',
    'user@127.0.0.1',
    '8.8.8.8@127.0.0.1',
  ])('does not reach this machine as %s', async (host) => {
    const server = await serve()
    await expect(ask(`http://${host}:${server.port}/`)).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      message: expect.stringMatching(
        /refused: it has an? .* address; the operator can allow it with --allow-egress /,
      ),
    })
    expect(server.reached).toEqual([])
  })

  it.each([
    'http://169.254.169.254/latest/meta-data/',
    'http://[fd00:ec2::254]/',
    'http://10.0.0.1/',
    'http://100.100.100.200/',
    'https://192.168.0.1/',
  ])('does not reach %s', async (url) => {
    await expect(ask(url)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
  })

  it('does not reach this machine by names that resolvers may or may not know', async () => {
    const server = await serve()
    for (const host of ['LOCALHOST.', 'localhost.localdomain', 'ip6-localhost'])
      await expect(ask(`http://${host}:${server.port}/`)).rejects.toThrow()
    expect(server.reached).toEqual([])
  })

  it('does not learn the address behind a name that is refused', async () => {
    const error = await ask('http://db.internal/', { resolve: async () => ['10.7.7.7'] }).catch(
      (thrown) => thrown,
    )
    expect(error.message).toBe(
      'outbound call to db.internal refused: it has a private address; the operator can allow it with --allow-egress db.internal:80',
    )
    expect(JSON.stringify(error)).not.toContain('10.7.7.7')
  })

  it('cannot use a name that answers a public address first and a private one then: each hop is looked up once and pinned', async () => {
    const server = await serve()
    const answers = [['127.0.0.2'], ['127.0.0.1']]
    let lookups = 0
    const resolve = async () => answers[Math.min(lookups++, 1)] as string[]
    // 127.0.0.2 stands for a public address: it may be called, and nothing listens there.
    const options = { allow: ['127.0.0.2'], resolve }
    await expect(ask(`http://rebind.test:${server.port}/`, options)).rejects.toMatchObject({
      code: expect.stringMatching(/^(?:TIMEOUT|UNAVAILABLE)$/),
    })
    expect(lookups).toBe(1)
    await expect(ask(`http://rebind.test:${server.port}/`, options)).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
    })
    expect(server.reached).toEqual([])
  })

  it('cannot use a name that has both: only the checked addresses are connected to', async () => {
    const server = await serve()
    const resolve = async () => ['127.0.0.1', '127.0.0.9']
    await ask(`http://both.test:${server.port}/`, { allow: ['127.0.0.1'], resolve })
    expect(server.reached).toEqual(['/'])
    const onlyOther = {
      allow: ['127.0.0.2'],
      resolve: async () => ['127.0.0.2', '127.0.0.1'],
    }
    await expect(ask(`http://both.test:${server.port}/`, onlyOther)).rejects.toThrow()
    expect(server.reached).toEqual(['/'])
  })

  it('cannot be sent by a redirect to where it may not go itself', async () => {
    const inner = await serve()
    const outer = await serve((request, response) =>
      response.writeHead(302, { location: decodeURIComponent(request.url?.slice(1) ?? '') }).end(),
    )
    const options = { allow: [`outer.test:${outer.port}`], resolve: async () => ['127.0.0.1'] }
    for (const target of [
      `http://127.0.0.1:${inner.port}/`,
      `http://inner.test:${inner.port}/`,
      `//[::1]:${inner.port}/`,
      `http://outer.test:${inner.port}/`,
    ])
      await expect(
        ask(`http://outer.test:${outer.port}/${encodeURIComponent(target)}`, options),
      ).rejects.toMatchObject({
        code: 'PERMISSION_DENIED',
      })
    expect(inner.reached).toEqual([])
  })

  it('cannot call what is no HTTP', async () => {
    for (const url of [
      'ftp://a.test/',
      'file:///etc/passwd',
      'gopher://a.test/',
      'data:,x',
      'unix:/x',
      'ws://a.test/',
      '/path',
      '',
      'http://',
      'x'.repeat(20_000),
    ])
      await expect(ask(url)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    const resolve = async () => ['127.0.0.1']
    for (const port of [22, 25, 6379, 5432])
      await expect(ask(`http://a.test:${port}/`, { allow: ['127.0.0.0/8'], resolve })).rejects.toMatchObject({
        code: 'PERMISSION_DENIED',
        message: expect.stringContaining(`port ${port} does not serve HTTP`),
      })
  })

  it('cannot smuggle headers, requests or methods', async () => {
    const server = await serve()
    const options = { allow: ['127.0.0.1'] }
    const bad: { method?: string; headers?: string[]; body?: Uint8Array }[] = [
      { headers: ['x', 'a\r\nHost: evil'] },
      { headers: ['x\r\ny', 'a'] },
      { headers: ['x', 'a\u0000b'] },
      { headers: ['x', 'ł'] },
      { headers: ['', 'a'] },
      { headers: ['x y', 'a'] },
      { method: 'GET / HTTP/1.1\r\nx: y' },
      { method: 'CONNECT' },
      { method: 'TRACE' },
      { method: '' },
      { method: 'GET', body: Buffer.from('x') },
    ]
    for (const more of bad)
      await expect(ask(server.url, options, more)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(ask(`http://%zz:x@127.0.0.1:${server.port}/`, options)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
    await expect(ask(server.url, options, { headers: ['x', 'y'.repeat(70_000)] })).rejects.toMatchObject({
      code: 'TOO_LARGE',
    })
    expect(server.reached).toEqual([])
  })

  it('cannot set the headers of the connection', async () => {
    const server = await serve((request, response) => response.end(JSON.stringify(request.headers)))
    const headers = [
      'Host',
      'evil',
      'Connection',
      'upgrade',
      'Content-Length',
      '999',
      'Transfer-Encoding',
      'chunked',
      'Proxy-Authorization',
      'x',
      'Upgrade',
      'h2c',
      'X-Ok',
      '1',
    ]
    const answer = await ask(
      server.url,
      { allow: ['127.0.0.1'] },
      { method: 'POST', headers, body: Buffer.from('abc') },
    )
    const seen = JSON.parse(Buffer.from(answer.body).toString())
    expect(seen).toMatchObject({
      host: `127.0.0.1:${server.port}`,
      connection: 'close',
      'content-length': '3',
      'x-ok': '1',
    })
    expect(Object.keys(seen)).not.toEqual(expect.arrayContaining(['upgrade']))
    expect(seen['transfer-encoding'] ?? seen['proxy-authorization']).toBeUndefined()
  })

  it('cannot reach the platform by a public address of its own', async () => {
    await expect(ask('http://8.8.8.8/', { own: ['8.8.8.8'] })).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      message: expect.stringContaining("the platform's own"),
    })
  })
})

describe('a hostile server', () => {
  const options = { allow: ['127.0.0.1'], maxResponseBytes: 100_000 }

  it.each<[string, RequestListener]>([
    [
      'says it is too large',
      (_request, response) => response.writeHead(200, { 'content-length': '100001' }).flushHeaders(),
    ],
    [
      'never ends',
      (_request, response) => {
        const more = (error?: Error | null) => {
          if (!error) response.write('x'.repeat(50_000), more)
        }
        more()
      },
    ],
    [
      'is a bomb',
      (_request, response) =>
        response.setHeader('content-encoding', 'gzip').end(gzipSync(Buffer.alloc(10_000_000))),
    ],
    [
      'has endless headers',
      (_request, response) => response.writeHead(200, { x: 'y'.repeat(100_000) }).end(),
    ],
  ])('whose answer %s is cut off', async (_name, listener) => {
    const server = await serve(listener)
    await expect(ask(server.url, options)).rejects.toMatchObject({ code: 'TOO_LARGE' })
  })

  it('that breaks off in the middle gives an error, not half an answer', async () => {
    const server = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('half', () => response.destroy())
    })
    await expect(ask(server.url, options)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    const chunked = await serve((_request, response) => {
      response
        .setHeader('content-encoding', 'gzip')
        .write(gzipSync('text').subarray(0, 15), () => response.destroy())
    })
    await expect(ask(chunked.url, options)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })

  it('cannot hold more calls or more bytes than a cell allows, and what ends makes room', async () => {
    let release: (() => void) | undefined
    const server = await serve((request, response) => {
      if (request.url === '/wait') release = () => response.end('x'.repeat(60_000))
      else response.end('x'.repeat(60_000))
    })
    const egress = createEgress({ allow: ['127.0.0.1'], maxCalls: 1, maxHeldBytes: 100_000 })
    const get = (path: string) =>
      egress.request({ method: 'GET', url: server.url + path, headers: [], redirect: 'follow' })
    const waiting = get('/wait')
    await expect(get('/')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('1 outbound calls'),
    })
    while (!release) await new Promise((resolve) => setImmediate(resolve))
    release()
    expect((await waiting).body).toHaveLength(60_000)
    expect((await get('/')).body).toHaveLength(60_000)
    const tight = createEgress({ allow: ['127.0.0.1'], maxHeldBytes: 10_000 })
    await expect(
      tight.request({ method: 'GET', url: server.url, headers: [], redirect: 'follow' }),
    ).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })
})
