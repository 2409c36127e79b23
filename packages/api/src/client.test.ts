import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from '@jest/globals'
import { PlatformError } from '@openzimki/core'
import { createClient } from './client.ts'
import { formatErrorEvent, formatEvent } from './event-stream.ts'

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

async function clientOf(listener: RequestListener) {
  server = createServer(listener)
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return createClient({ url: `http://127.0.0.1:${port}/`, token: 'zt_secret' })
}

const line = { id: '1', timeMs: 5, deployment: 'd', request: null, level: 'info', text: 'a\nb' }

describe('createClient', () => {
  it('sends method, path, query, body and token', async () => {
    const seen: string[] = []
    const client = await clientOf(async (req, res) => {
      let body = ''
      for await (const chunk of req) body += chunk
      seen.push(`${req.method} ${req.url} ${req.headers.authorization} ${body}`)
      res.end(JSON.stringify({ missing: [] }))
    })
    await client.deployments.missingBlobs({
      params: { realm: 'a b/c' },
      query: { create: true },
      body: { digests: [] },
    })
    expect(seen).toEqual([
      'POST /api/v1/realms/a%20b%2Fc/blobs/missing?create=true Bearer zt_secret {"digests":[]}',
    ])
  })

  it('throws the error of the server', async () => {
    const client = await clientOf((_, res) => {
      res.statusCode = 404
      res.end(
        JSON.stringify({ error: { code: 'NOT_FOUND', message: 'no such realm', details: { realm: 'x' } } }),
      )
    })
    await expect(client.realms.get({ params: { realm: 'x' } })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: 'no such realm',
      details: { realm: 'x' },
    })
  })

  it.each(['<html>', '{"error":1}', '[]', ''])(
    'calls an answer of %j no answer of this API',
    async (text) => {
      const client = await clientOf((_, res) => res.end(text))
      await expect(client.health.get()).rejects.toMatchObject({ code: 'PROTOCOL' })
    },
  )

  it('refuses to be redirected, so the token goes nowhere else', async () => {
    const client = await clientOf((_, res) => res.writeHead(302, { location: 'http://127.0.0.1:1/' }).end())
    await expect(client.accounts.me()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })

  it('says UNAVAILABLE where nothing listens', async () => {
    const client = createClient({ url: 'http://127.0.0.1:1' })
    await expect(client.health.get()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })

  it.each(['', '.', '..'])('refuses %j as a parameter, which would lead to another route', async (realm) => {
    const client = createClient({ url: 'http://127.0.0.1:1' })
    await expect(client.realms.delete({ params: { realm } })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
  })

  it('follows events, over comments, up to an error', async () => {
    const client = await clientOf((_, res) => {
      res.setHeader('content-type', 'text/event-stream')
      res.write(': hello\n\n')
      res.write(formatEvent({ id: '1', data: line }))
      res.end(formatErrorEvent(new PlatformError('UNAVAILABLE', 'going down')))
    })
    const got: string[] = []
    const follow = async () => {
      for await (const event of await client.logs.follow({ params: { realm: 'x' } }))
        got.push(event.data.text)
    }
    await expect(follow()).rejects.toMatchObject({ code: 'UNAVAILABLE', message: 'going down' })
    expect(got).toEqual(['a\nb'])
  })

  it('streams lines whatever the chunks', async () => {
    const client = await clientOf((_, res) => {
      res.write('{"a":"\u20ac')
      res.write('"}\n{"b"')
      res.end(':2}\n')
    })
    const lines: string[] = []
    for await (const text of await client.usage.readings({ params: { realm: 'x' } })) lines.push(text)
    expect(lines).toEqual(['{"a":"\u20ac"}', '{"b":2}'])
  })
})
