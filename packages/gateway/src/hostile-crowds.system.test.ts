import { afterEach, describe, expect, it } from '@jest/globals'
import type { GatewayBounds } from './gateway-options.ts'
import { type CrowdClient, sendCrowd } from './testing/crowd.ts'
import { MALFORMED_CHUNKS, MALFORMED_HEADS } from './testing/malformed-requests.ts'
import { answer, bytes, type Serve } from './testing/test-cell.ts'
import { TestGateway, until } from './testing/test-gateway.ts'

/** A leak of 200 bytes for each of the last 8,000 clients would be 1.6 MB. */
const GROWTH_BYTES = 1_000_000
const GROWTH_BYTES_EACH = 120
/** Of a client that has gone, while the start that it asked for goes on: the question itself, and no request, socket or answer (6 KB). */
const WAIT_BYTES = 2_000
const TIMEOUT_MS = 300_000
const REQUEST_BYTES = 1_000
const POURED = Buffer.alloc(60_000)

let test: TestGateway

afterEach(() => test.close())

/** `/never` has no answer, that of `/endless` no end, and that of `/pours` comes as fast as it is taken. */
const serve: Serve = async ({ head, stream, body }) => {
  if (head.path.endsWith('/pours')) {
    const pour = (): void => {
      while (!stream.done && stream.write(POURED));
    }
    stream.respond(answer(200))
    stream.handlers = { ...stream.handlers, onDrain: pour }
    pour()
    return
  }
  if (head.path.endsWith('/never')) return
  if (head.path.endsWith('/endless')) {
    stream.respond(answer(200))
    stream.write(bytes('begun'))
    return
  }
  let size = 0
  for await (const chunk of body) size += chunk.length
  stream.respond(answer(200), bytes(`got ${size}`))
}

/** Every client has its own path, so that what is kept by it would show. */
const own = (text: string, number: number): string => text.replace('/u/wiki/', `$&${number}/`)

const inTurn = (clients: CrowdClient[]) => (number: number) => {
  const client = clients[number % clients.length] as CrowdClient
  return { ...client, text: own(client.text, number) }
}

async function nothingIsLeftOf(
  clients: CrowdClient[],
  atOnce: number,
  bounds: Partial<GatewayBounds> = {},
): Promise<void> {
  test = await TestGateway.start(serve, { bounds: { headerBytes: 1_024, headerCount: 20, ...bounds } })
  test.realm({ limits: { requestBytes: REQUEST_BYTES, concurrency: 2_000 } })
  const { wrong, grownBytes, grownBytesEach } = await sendCrowd(test, atOnce, inTurn(clients))
  expect(wrong).toEqual([])
  expect(test.gateway.stats()).toMatchObject({ active: 0, realms: 0 })
  expect(test.cells.map(({ active }) => active)).toEqual([0])
  expect(test.routes.listeners).toBe(1)
  expect(grownBytesEach).toBeLessThan(GROWTH_BYTES_EACH)
  expect(grownBytes).toBeLessThan(GROWTH_BYTES)
  expect((await test.ask('/u/wiki/')).status).toBe(200)
}

/** One answer of that status and nothing more. */
const only = (status: number): RegExp => new RegExp(`^HTTP/1\\.1 ${status} (?!.*HTTP/1\\.1)`, 's')

const GET = 'GET /u/wiki/ HTTP/1.1\r\nHost: x\r\n'
const POST = 'POST /u/wiki/ HTTP/1.1\r\nHost: x\r\n'
const GOOD = `${GET}\r\n`

describe('10,000 clients leave nothing behind and get the right status: those', () => {
  it(
    'that send what is not HTTP, or could be read in two ways',
    () => {
      const heads = MALFORMED_HEADS.map(([, text]) => text + GOOD)
      const chunks = MALFORMED_CHUNKS.map(([, text]) => text)
      return nothingIsLeftOf(
        [...heads, ...chunks].map((text) => ({ text, expected: only(400) })),
        50,
      )
    },
    TIMEOUT_MS,
  )

  it(
    'whose head is too large',
    () => {
      const many = (count: number, size: number): string =>
        Array.from({ length: count }, (_, index) => `X${index}: ${'a'.repeat(size)}\r\n`).join('')
      const heads = [
        `${GET}X: ${'a'.repeat(2_000)}\r\n\r\n`,
        `${GET}X: ${'a'.repeat(2_000)}`,
        `${GET}${many(18, 100)}\r\n`,
        `${GET}${many(25, 1)}\r\n`,
        `${POST}Content-Length: 4\r\n${many(25, 1)}\r\nabcd`,
        `GET /u/wiki/${'a'.repeat(2_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
        `GET /u/wiki/ HTTP/1.1\r\nHost: ${'a'.repeat(2_000)}\r\n\r\n`,
        `GET /u/wiki/ HTTP/1.1\r\nHost: x\r\nCookie: ${'a=b; '.repeat(400)}\r\n\r\n`,
        `${'A'.repeat(2_000)} /u/wiki/ HTTP/1.1\r\nHost: x\r\n\r\n`,
      ]
      return nothingIsLeftOf(
        heads.map((text) => ({ text, expected: text.startsWith('A') ? only(400) : only(431) })),
        50,
      )
    },
    TIMEOUT_MS,
  )

  it(
    'whose body is too large',
    () => {
      const large = 'b'.repeat(4_000)
      const chunk = `${(4_000).toString(16)}\r\n${large}\r\n`
      const bodies = [
        `${POST}Connection: close\r\nContent-Length: 4000\r\n\r\n${large}`,
        // These say it and do not send it, or send it without an end: their connections are cut off after a while.
        `${POST}Content-Length: 4000\r\n\r\n`,
        `${POST}Content-Length: 999999999999999\r\n\r\n${large}`,
        `${POST}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}0\r\n\r\n`,
        `${POST}Transfer-Encoding: chunked\r\n\r\n${chunk}${chunk}`,
        `${POST}Expect: 100-continue\r\nContent-Length: 4000\r\n\r\n`,
        `${POST}Transfer-Encoding: chunked\r\n\r\n1;${'e'.repeat(20_000)}\r\n`,
      ]
      return nothingIsLeftOf(
        bodies.map((text) => ({ text, expected: only(413) })),
        200,
        { lingerMs: 20 },
      )
    },
    TIMEOUT_MS,
  )

  it(
    'that are slow',
    () => {
      const slow = [
        '',
        'G',
        GET,
        `${GET}X: a`,
        `${POST}Content-Length: 100\r\n\r\n`,
        `${POST}Content-Length: 9`,
      ]
      const body = `${POST}Content-Length: 100\r\n\r\nsome`
      const chunks = `${POST}Transfer-Encoding: chunked\r\n\r\n5\r\nab`
      const senders: CrowdClient[] = [
        ...[...slow, body, chunks].map((text) => ({ text, expected: only(408) })),
        { text: GOOD, expected: only(200) },
      ]
      // Takes nothing more until it is cut off, for which its step of the crowd waits: the kernel holds megabytes for each, so they are a few.
      const reader: CrowdClient = {
        text: 'GET /u/wiki/pours HTTP/1.1\r\nHost: x\r\n\r\n',
        expected: only(200),
        sent: (socket) =>
          socket.once('data', () => {
            socket.pause()
            void until(() => test.gateway.stats().active === 0).then(() => socket.destroy())
          }),
      }
      return nothingIsLeftOf([...senders, ...senders, reader], 1_000, {
        headersTimeoutMs: 1_000,
        requestTimeoutMs: 1_500,
        keepAliveMs: 300,
        stallMs: 200,
      })
    },
    TIMEOUT_MS,
  )

  it(
    'that vanish',
    () => {
      const texts = [
        'GET /u/wiki/ HTTP/1.1\r\nHo',
        `${POST}Content-Length: 900\r\n\r\nsome`,
        `${POST}Transfer-Encoding: chunked\r\n\r\n5\r\nab`,
        `${POST}Expect: 100-continue\r\nContent-Length: 900\r\n\r\n`,
        'GET /u/wiki/never HTTP/1.1\r\nHost: x\r\n\r\n',
        'GET /u/wiki/endless HTTP/1.1\r\nHost: x\r\n\r\n',
        GOOD,
      ]
      const ways: NonNullable<CrowdClient['sent']>[] = [
        (socket) => socket.resetAndDestroy(),
        (socket) => setImmediate(() => socket.destroy()),
        (socket) => socket.once('data', () => socket.resetAndDestroy()),
      ]
      const answers = /100-continue|endless| HTTP\/1.1\r\nHost: x\r\n\r\n$/
      return nothingIsLeftOf(
        texts.flatMap((text) =>
          ways
            .slice(0, answers.test(text) && !text.includes('never') ? 3 : 2)

            .map((sent) => ({ text, expected: null, sent })),
        ),
        20,
      )
    },
    TIMEOUT_MS,
  )

  it(
    'that vanish while their realm is being started, even while that still goes on',
    async () => {
      let started: () => void = () => undefined
      const starting = new Promise<void>((resolve) => {
        started = resolve
      })
      test = await TestGateway.start(serve)
      const { endpoint } = test.cells[0] as (typeof test.cells)[0]
      test.realm({ cells: [] })
      test.routes.onDemand = () => starting
      const { grownBytesEach } = await sendCrowd(test, 50, (number) => ({
        text: own(GOOD, number),
        expected: null,
        sent: (socket) => until(() => test.gateway.stats().active > 0).then(() => socket.destroy()),
      }))
      expect(grownBytesEach).toBeLessThan(WAIT_BYTES)
      test.realm({ cells: [endpoint] })
      started()
      expect((await test.ask('/u/wiki/')).status).toBe(200)
      expect([test.gateway.stats().total, test.cells[0]?.requests]).toEqual([10_001, 1])
    },
    TIMEOUT_MS,
  )
})
