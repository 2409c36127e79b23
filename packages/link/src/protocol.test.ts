import { afterEach, describe, expect, it } from '@jest/globals'
import type { LinkStream } from './contract.ts'
import { Random } from './testing/random.ts'
import { frame, HELLO, headed, numbers, type RawPeer, rawPeer } from './testing/raw-peer.ts'
import { FRAME } from './wire.ts'

const WINDOW = 65_536

let peer: RawPeer

afterEach(() => peer.close())

async function attack(...bytes: Buffer[]): Promise<void> {
  peer = await rawPeer('server', { windowBytes: WINDOW, headBytes: 1_000, maxStreams: 3 })
  peer.link.onStream = (stream) => {
    stream.handlers = { onData: () => undefined }
  }
  peer.socket.write(Buffer.concat(bytes))
}

const open = (id: number, head = 'h', body: Uint8Array = Buffer.alloc(0)): Buffer =>
  frame(FRAME.open, 0, id, headed(head, body))

describe('a peer that breaks the protocol is disconnected with PROTOCOL:', () => {
  it.each<[string, Buffer[]]>([
    ['speaks HTTP', [Buffer.from('GET / HTTP/1.1\r\nhost: x\r\n\r\n')]],
    ['does not introduce itself', [open(1)]],
    ['has another magic', [frame(FRAME.hello, 0, 0, numbers(1, WINDOW, 1_000, 10))]],
    ['has a window of nothing', [frame(FRAME.hello, 0, 0, numbers(0x5a4c4b31, 0, 1_000, 10))]],
    ['introduces itself twice', [HELLO, HELLO]],
    ['sends an unknown type', [HELLO, frame(77, 0, 0)]],
    ['sends an unknown flag', [HELLO, frame(FRAME.open, 4, 1, headed('h'))]],
    ['opens our id', [HELLO, open(2)]],
    ['opens an id twice', [HELLO, open(1), open(1)]],
    ['opens an id that is behind', [HELLO, open(5), open(3)]],
    ['opens more streams than allowed', [HELLO, open(1), open(3), open(5), open(7)]],
    ['sends a head too long', [HELLO, open(1, 'x'.repeat(1_001))]],
    ['sends a head longer than its frame', [HELLO, frame(FRAME.open, 0, 1, numbers(5))]],
    ['sends no head', [HELLO, frame(FRAME.open, 0, 1)]],
    ['sends a body beyond the window with its head', [HELLO, open(1, 'h', Buffer.alloc(WINDOW + 1))]],
    ['sends data on a stream nobody opened', [HELLO, frame(FRAME.data, 0, 1, Buffer.from('x'))]],
    ['sends data on a stream we did not open', [HELLO, frame(FRAME.data, 0, 2, Buffer.from('x'))]],
    ['answers its own stream', [HELLO, open(1), frame(FRAME.head, 0, 1, headed('h'))]],
    ['sends empty data', [HELLO, open(1), frame(FRAME.data, 0, 1)]],
    ['sends after its end', [HELLO, open(1), frame(FRAME.data, 1, 1), frame(FRAME.data, 1, 1)]],
    ['gives no credit', [HELLO, open(1), frame(FRAME.credit, 0, 1, numbers(0))]],
    ['gives half a credit', [HELLO, open(1), frame(FRAME.credit, 0, 1, Buffer.alloc(3))]],
    ['gives more credit than its window', [HELLO, open(1), frame(FRAME.credit, 0, 1, numbers(1))]],
    ['resets with what is not JSON', [HELLO, open(1), frame(FRAME.reset, 0, 1, Buffer.from('{'))]],
    ['resets with what is no error', [HELLO, open(1), frame(FRAME.reset, 0, 1, Buffer.from('7'))]],
    ['announces a frame of 4 GB', [HELLO, Buffer.from('ffffffff0400000000010000', 'hex')]],
    [
      'sends more data than it has credit',
      [HELLO, open(1), ...[0, 1].map(() => frame(FRAME.data, 0, 1, Buffer.alloc(WINDOW / 2 + 1)))],
    ],
  ])('%s', async (_, bytes) => {
    await attack(...bytes)
    expect(await peer.closed).toMatchObject({ code: 'PROTOCOL' })
    expect(peer.link.closed).toBe(true)
    expect(peer.link.active).toBe(0)
  })

  it('answers before it was asked, or twice', async () => {
    for (const answers of [1, 2]) {
      peer = await rawPeer('client')
      peer.socket.write(HELLO)
      peer.link.open('question', { end: true, handlers: {} })
      const first =
        answers === 1 ? frame(FRAME.data, 0, 1, Buffer.from('x')) : frame(FRAME.head, 0, 1, headed('a'))
      peer.socket.write(Buffer.concat([first, frame(FRAME.head, 0, 1, headed('a'))]))
      expect(await peer.closed).toMatchObject({ code: 'PROTOCOL' })
      if (answers === 1) await peer.close()
    }
  })
})

describe('a lawful peer', () => {
  it('may speak of a stream that is over, because its frames crossed ours', async () => {
    await attack(HELLO)
    peer.link.onStream = (stream: LinkStream) => stream.respond('answer', null)
    peer.socket.write(frame(FRAME.open, 1, 1, headed('h')))
    await peer.next(FRAME.head)
    peer.socket.write(
      Buffer.concat([
        frame(FRAME.data, 0, 1, Buffer.from('late')),
        frame(FRAME.credit, 0, 1, numbers(5)),
        frame(FRAME.reset, 0, 1, Buffer.from('{"code":"CANCELLED","message":"late"}')),
        frame(FRAME.ping, 0, 0),
      ]),
    )
    await peer.next(FRAME.pong)
    expect(peer.link.closed).toBe(false)
  })

  it('is told why a stream was refused when nobody takes streams', async () => {
    await attack(HELLO)
    peer.link.onStream = null
    peer.socket.write(open(1))
    const { payload } = await peer.next(FRAME.reset)
    expect(JSON.parse(payload.toString())).toMatchObject({ code: 'UNSUPPORTED', details: { refused: true } })
  })

  it('may not send an error that becomes more than an error', async () => {
    peer = await rawPeer('client')
    peer.socket.write(HELLO)
    const reset = new Promise((resolve) => {
      peer.link.open('q', { end: true, handlers: { onReset: resolve } })
    })
    const forged = '{"code":"__proto__","message":{"a":1},"details":"x","stack":"there"}'
    peer.socket.write(frame(FRAME.reset, 0, 1, Buffer.from(forged)))
    expect(await reset).toMatchObject({ code: 'INTERNAL', message: '[object Object]', details: {} })
  })
})

describe('floods', () => {
  it('of streams opened and reset end the link, once they outnumber those that ended', async () => {
    peer = await rawPeer('server', { churnResets: 100, idleMs: 0 })
    let opened = 0
    peer.link.onStream = (stream) => {
      opened++
      if (stream.head === 'good') stream.respond('answer', null)
    }
    const reset = Buffer.from('{"code":"CANCELLED","message":"gone"}')
    const good = (id: number): Buffer => frame(FRAME.open, 1, id, headed('good'))
    const bad = (id: number): Buffer => Buffer.concat([open(id, 'bad'), frame(FRAME.reset, 0, id, reset)])
    const fair = Array.from({ length: 200 }, (_, index) =>
      Buffer.concat([bad(index * 4 + 1), good(index * 4 + 3)]),
    )
    peer.socket.write(Buffer.concat([HELLO, ...fair, frame(FRAME.ping, 0, 0)]))
    await peer.next(FRAME.pong)
    expect(peer.link.closed).toBe(false)
    const flood = Array.from({ length: 1_000 }, (_, index) => bad(1_001 + index * 2))
    peer.socket.write(Buffer.concat(flood))
    expect(await peer.closed).toMatchObject({ code: 'PROTOCOL' })
    expect(opened).toBeLessThan(600)
  })

  it('of questions whose answers are not read end the link', async () => {
    peer = await rawPeer('server', { idleMs: 0 })
    peer.socket.pause()
    const pings = Buffer.concat(Array.from({ length: 1_000 }, () => frame(FRAME.ping, 0, 0)))
    peer.socket.write(HELLO)
    const flood = (): void => {
      while (!peer.socket.destroyed && peer.socket.write(pings));
    }
    peer.socket.on('drain', flood)
    flood()
    expect(await peer.closed).toMatchObject({ code: 'PROTOCOL' })
  })
})

it('survives 300 rounds of random damage to lawful bytes with the link closed or alive, never a crash', async () => {
  const random = new Random(7)
  for (let round = 0; round < 300; round++) {
    peer = await rawPeer('server', { windowBytes: WINDOW, headBytes: 1_000, maxStreams: 50 })
    peer.link.onStream = (stream) => {
      stream.handlers = { onEnd: () => stream.respond('answer', Buffer.from('body')) }
    }
    const lawful = Buffer.concat([
      HELLO,
      ...Array.from({ length: 10 }, (_, index) =>
        Buffer.concat([
          open(index * 2 + 1, '{"a":1}', Buffer.from('body')),
          frame(FRAME.data, index & 1, index * 2 + 1, random.bytes(20)),
        ]),
      ),
    ])
    for (let hits = 1 + random.below(4); hits > 0; hits--) {
      lawful[random.below(2) ? random.below(lawful.length) : HELLO.length + random.below(60)] =
        random.below(256)
    }
    peer.socket.end(lawful)
    const error = await peer.closed
    expect(['PROTOCOL', 'UNAVAILABLE', 'INTERNAL']).toContain(error?.code ?? 'UNAVAILABLE')
    expect(peer.link.active).toBe(0)
    if (round < 299) await peer.close()
  }
})
