import type { IncomingMessage, RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from '@jest/globals'
import { createEgress } from './index.ts'
import { startTestServer, type TestServer } from './testing/test-server.ts'

const servers: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

const serve = async (listener: RequestListener): Promise<TestServer> => {
  const server = await startTestServer(listener)
  servers.push(server)
  return server
}
const bodyOf = async (message: IncomingMessage): Promise<string> => {
  let text = ''
  for await (const chunk of message) text += chunk
  return text
}
const egress = createEgress({ allow: ['127.0.0.0/8'] })
const ask = (url: string, more: Partial<Parameters<typeof egress.request>[0]> = {}, from = egress) =>
  from.request({ method: 'GET', url, headers: [], redirect: 'follow', ...more })
const text = (body: Uint8Array) => Buffer.from(body).toString()

describe('outbound calls', () => {
  it('send method, headers and body, and bring back status, headers, body and the bytes of the wire', async () => {
    const server = await serve(async (request, response) => {
      response.writeHead(201, 'Made', { 'X-Answer': ['1', '2'] })
      response.end(
        [
          request.method,
          request.url,
          request.headers['x-a'],
          request.headers['content-length'],
          await bodyOf(request),
        ].join(),
      )
    })
    const answer = await ask(`${server.url}/p?q=1#f`, {
      method: 'post',
      headers: ['X-A', 'one', 'X-A', 'two'],
      body: Buffer.from('hi'),
    })
    expect(answer).toMatchObject({ status: 201, statusText: 'Made', url: `${server.url}/p?q=1` })
    expect(text(answer.body)).toBe('POST,/p?q=1,one, two,2,hi')
    expect(answer.headers.join()).toContain('X-Answer,1,X-Answer,2')
    expect(answer.bytesOut).toBeGreaterThan(60)
    expect(answer.bytesIn).toBeGreaterThan(answer.body.length)
  })

  it('decompress, and leave what cannot have a body alone', async () => {
    const server = await serve((request, response) => {
      const encoding = request.url?.slice(1) ?? ''
      response.setHeader('content-encoding', encoding)
      response.end(
        encoding === 'br' ? brotliCompressSync('text') : encoding === 'gzip' ? gzipSync('text') : 'text',
      )
    })
    for (const encoding of ['gzip', 'br', 'identity', 'unknown', 'constructor'])
      expect(text((await ask(`${server.url}/${encoding}`)).body)).toBe('text')
    expect((await ask(`${server.url}/gzip`, { method: 'HEAD' })).body).toHaveLength(0)
    await expect(ask(`${server.url}/deflate`)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })

  it('turn the name and password of a URL into a header', async () => {
    const server = await serve((request, response) => response.end(request.headers.authorization))
    const answer = await ask(`http://a%40b:p@127.0.0.1:${server.port}/`)
    expect(text(answer.body)).toBe(`Basic ${Buffer.from('a@b:p').toString('base64')}`)
    expect(answer.url).toBe(`${server.url}/`)
  })

  it('are cancelled by their signal and ended by the time limit, at every stage', async () => {
    const server = await serve((request, response) => {
      if (request.url === '/drip') response.write('x')
    })
    const slow = createEgress({
      allow: ['127.0.0.0/8'],
      timeoutMs: 50,
      resolve: () => new Promise(() => undefined),
    })
    for (const url of [`${server.url}/silent`, `${server.url}/drip`, 'http://never.test/'])
      await expect(ask(url, {}, slow)).rejects.toMatchObject({ code: 'TIMEOUT', details: { timeoutMs: 50 } })
    await expect(ask(server.url, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CANCELLED',
    })
    const controller = new AbortController()
    const running = ask(`${server.url}/silent`, { signal: controller.signal })
    controller.abort()
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  it('say what the other side did wrong', async () => {
    const server = await serve((_request, response) => response.destroy())
    await expect(ask(server.url)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('broke off'),
    })
    await server.close()
    await expect(ask(server.url)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('nothing listens'),
    })
    const gibberish = createServer((socket) => socket.resume().end('SSH-2.0-x\r\n'))
    await new Promise<void>((resolve) => gibberish.listen(0, '127.0.0.1', resolve))
    servers.push({ close: () => new Promise((resolve) => gibberish.close(() => resolve())) })
    const { port } = gibberish.address() as AddressInfo
    for (const scheme of ['http', 'https'])
      await expect(ask(`${scheme}://127.0.0.1:${port}/`)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    const nowhere = createEgress({
      allow: [],
      resolve: () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' })),
    })
    await expect(ask('http://no.test/', {}, nowhere)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('no such host'),
    })
  })
})

describe('redirects', () => {
  const hops = () =>
    serve(async (request, response) => {
      const [, status = '', to = ''] = /^\/(\d+)\/(.*)$/.exec(request.url ?? '') ?? []
      if (status !== '') response.writeHead(Number(status), { location: to }).end('moved')
      else
        response.end(
          `${request.method} ${request.headers.authorization ?? '-'} ${request.headers['content-type'] ?? '-'} ${await bodyOf(request)}`,
        )
    })
  const post = {
    method: 'POST',
    body: Buffer.from('data'),
    headers: ['content-type', 'a/b', 'authorization', 'secret'],
  }

  it('are followed by the rules of fetch', async () => {
    const server = await hops()
    expect(text((await ask(`${server.url}/303//end`, post)).body)).toBe('GET secret - ')
    expect(text((await ask(`${server.url}/301//end`, post)).body)).toBe('GET secret - ')
    expect(text((await ask(`${server.url}/307//end`, post)).body)).toBe('POST secret a/b data')
    const answer = await ask(`${server.url}/302//308//end`)
    expect(answer.url).toBe(`${server.url}/end`)
    expect(text((await ask(`${server.url}/300//end`)).body)).toBe('moved')
  })

  it('do not carry credentials to another origin', async () => {
    const [from, to] = [await hops(), await hops()]
    expect(text((await ask(`${from.url}/307/${to.url}/end`, post)).body)).toBe('POST - a/b data')
    expect(text((await ask(`${from.url}/307/http://user:pw@127.0.0.1:${to.port}/end`, post)).body)).toBe(
      'POST - a/b data',
    )
  })

  it('are returned for manual and refused for error', async () => {
    const server = await hops()
    expect(await ask(`${server.url}/302//x`, { redirect: 'manual' })).toMatchObject({
      status: 302,
      url: `${server.url}/302//x`,
    })
    await expect(ask(`${server.url}/302//x`, { redirect: 'error' })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    })
  })

  it('end after five, count all bytes, and end where they lead to no URL', async () => {
    let calls = 0
    const server = await serve((request, response) => {
      calls++
      response.writeHead(302, { location: request.url }).end()
    })
    const error = await ask(server.url).catch((thrown) => thrown)
    expect(error).toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('more than 5 redirects'),
    })
    expect(calls).toBe(6)
    expect(error.details.bytesOut).toBeGreaterThan(6 * 60)
    const lost = await hops()
    for (const to of ['file:///etc/passwd', 'javascript:1', 'http://', 'data:,x'])
      await expect(ask(`${lost.url}/302/${to}`)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })
})
