import { createHash } from 'node:crypto'
import { afterEach, describe, expect, it } from '@jest/globals'
import { answer, bytes, type CellRequest } from './testing/test-cell.ts'
import { TestGateway, until } from './testing/test-gateway.ts'

let test: TestGateway

afterEach(() => test.close())

async function whole(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Sends this many bytes of `x` as fast as the stream takes them, and ends. */
function pour({ stream }: CellRequest, size: number): { sent: () => number } {
  let left = size
  const chunk = Buffer.alloc(64 * 1024, 'x')
  const more = (): void => {
    while (left > 0 && !stream.done) {
      const piece = chunk.subarray(0, Math.min(chunk.length, left))
      left -= piece.length
      if (!stream.write(piece)) return
    }
    if (!stream.done) stream.end()
  }
  stream.handlers = { ...stream.handlers, onDrain: more }
  more()
  return { sent: () => size - left }
}

describe('the body of a request', () => {
  it.each([
    ['with a length', {}],
    ['in chunks', { 'transfer-encoding': 'chunked' }],
  ])('of 5 MB arrives whole %s', async (_, headers) => {
    test = await TestGateway.start(async ({ stream, body }) => {
      const all = await whole(body)
      stream.respond(answer(200), bytes(`${all.length} ${createHash('sha1').update(all).digest('hex')}`))
    })
    const body = Buffer.alloc(5_000_000, 'zimki')
    const { text } = await test.ask('/u/wiki/', { method: 'POST', body, headers })
    expect(text).toBe(`5000000 ${createHash('sha1').update(body).digest('hex')}`)
    await test.quiet()
  })

  it('waits in the client, not in us, while the cell does not read', async () => {
    let request: CellRequest | undefined
    test = await TestGateway.start((arrived) => {
      request = arrived
    })
    const { socket, all } = test.raw(
      'POST /u/wiki/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 16000000\r\n\r\n',
    )
    const chunk = Buffer.alloc(1_000_000)
    let accepted = 0
    const push = (): void => {
      while (accepted < 16_000_000) {
        accepted += chunk.length
        if (!socket.write(chunk)) return
      }
    }
    socket.on('drain', push)
    push()
    await until(() => request !== undefined && socket.writableLength > 0)
    const before = socket.bytesWritten - socket.writableLength
    expect(before).toBeLessThan(8_000_000)
    const { stream, body } = request as CellRequest
    const read = await whole(body)
    stream.respond(answer(200), bytes(String(read.length)))
    expect(await all).toMatch(/16000000$/)
  })

  it('is asked for with 100 Continue only when it will be read', async () => {
    test = await TestGateway.start(async ({ stream, body }) => stream.respond(answer(200), await whole(body)))
    const head = (length: number): string =>
      `POST /u/wiki/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\n\r\n`
    const fits = test.raw(head(5))
    fits.socket.once('data', () => fits.socket.write('hello'))
    expect(await fits.all).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK.*hello$/s)
    expect(await test.raw(head(100_000_000)).all).toMatch(/^HTTP\/1.1 413 /)
  })
})

describe('an answer', () => {
  it('comes in pieces as the cell sends them, the first without waiting for the second', async () => {
    let second: (() => void) | undefined
    test = await TestGateway.start(({ stream }) => {
      stream.respond(answer(200, ['content-type', 'text/event-stream']))
      stream.write(bytes('one'))
      second = () => {
        stream.write(bytes('two'))
        stream.end()
      }
    })
    const { socket, all } = test.raw('GET /u/wiki/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    let seen = ''
    socket.on('data', (chunk) => {
      seen += chunk
    })
    await until(() => seen.includes('one'))
    second?.()
    expect(await all).toMatch(
      /text\/event-stream.*Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n$/s,
    )
    await test.quiet()
  })

  it('shows its head at once, though no body has come', async () => {
    let finish: (() => void) | undefined
    test = await TestGateway.start(({ stream }) => {
      stream.respond(answer(200))
      finish = () => stream.end()
    })
    const { socket, all } = test.raw('GET /u/wiki/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    await new Promise((resolve) => socket.once('data', resolve))
    finish?.()
    expect(await all).toMatch(/^HTTP\/1.1 200 OK.*0\r\n\r\n$/s)
  })

  it('of 20 MB with a length arrives whole, and waits in the cell while the client does not read', async () => {
    let poured: { sent: () => number } | undefined
    test = await TestGateway.start((request) => {
      request.stream.respond(answer(200, ['content-length', '20000000']))
      poured = pour(request, 20_000_000)
    })
    const { socket, all } = test.raw()
    socket.pause()
    socket.write('GET /u/wiki/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    let before = -1
    await until(() => {
      const now = poured?.sent() ?? 0
      const still = now > 0 && now === before
      before = now
      return still
    })
    expect(poured?.sent()).toBeLessThan(12_000_000)
    socket.resume()
    const text = await all
    expect(text.length - text.indexOf('\r\n\r\n') - 4).toBe(20_000_000)
    expect(text).toMatch(/^.*Content-Length: 20000000\r\n/is)
    await test.quiet()
  })

  it.each([
    ['HEAD', 200, 'content-length: 5'],
    ['GET', 204, null],
    ['GET', 304, null],
  ])('to %s with status %d has no body on the wire', async (method, status, length) => {
    test = await TestGateway.start(({ head, stream }) =>
      stream.respond(answer(head.path === '/' ? status : 200), bytes('hello')),
    )
    const next = 'GET /u/wiki/next HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    const text = await test.raw(`${method} /u/wiki/ HTTP/1.1\r\nHost: x\r\n\r\n${next}`).all
    const [first = '', second] = text.split(/(?=HTTP\/1.1)/)
    expect(first.slice(first.indexOf('\r\n\r\n'))).toBe('\r\n\r\n')
    if (length === null) expect(first).not.toMatch(/content-length|chunked/i)
    else expect(first.toLowerCase()).toContain(length)
    expect(second).toMatch(/hello$/)
  })

  it('to HEAD keeps the length that the cell announced for a body it did not send', async () => {
    test = await TestGateway.start(({ stream }) =>
      stream.respond(answer(200, ['content-length', '123']), null),
    )
    expect((await test.ask('/u/wiki/', { method: 'HEAD' })).headers['content-length']).toBe('123')
  })

  it('to HTTP/1.0 ends with the connection', async () => {
    test = await TestGateway.start((request) => {
      request.stream.respond(answer(200))
      pour(request, 200_000)
    })
    const text = await test.raw('GET /u/wiki/ HTTP/1.0\r\nHost: x\r\n\r\n').all
    expect(text).not.toMatch(/chunked/i)
    expect(text.length - text.indexOf('\r\n\r\n') - 4).toBe(200_000)
  })

  it('before the end of the request’s body is enough: the rest is not read for ever', async () => {
    test = await TestGateway.start(({ stream }) => stream.respond(answer(200), bytes('enough')), {
      bounds: { lingerMs: 20 },
    })
    const { all } = test.raw('POST /u/wiki/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nsome')
    expect(await all).toMatch(/enough$/)
    expect(test.cells[0]?.resets).toEqual(['CANCELLED'])
    await test.quiet()
  })

  it('keeps a connection for the next request, and answers pipelined ones in order', async () => {
    test = await TestGateway.start(async ({ head, stream, body }) => {
      await whole(body)
      setTimeout(() => stream.respond(answer(200), bytes(head.path)), head.path === '/1' ? 20 : 0)
    })
    const one = (number: number, extra = ''): string =>
      `POST /u/wiki/${number} HTTP/1.1\r\nHost: x\r\n${extra}Content-Length: 2\r\n\r\nab`
    const text = await test.raw(one(1) + one(2) + one(3, 'Connection: close\r\n')).all
    expect(text.match(/\/\d(?=HTTP|$)/g)).toEqual(['/1', '/2', '/3'])
  })
})
