import { afterEach, describe, expect, it } from '@jest/globals'
import { PlatformError } from '@openzimki/core'
import type { LinkOptions, LinkStream, StreamHandlers } from './contract.ts'
import { createLink } from './create-link.ts'
import { type LinkPair, linkPair } from './testing/link-pair.ts'

const WINDOW = 65_536
const KB = Buffer.alloc(1_024, 'k')

let pair: LinkPair

afterEach(() => pair.close())

async function connected(options: Partial<LinkOptions> = { windowBytes: WINDOW }): Promise<LinkPair> {
  pair = await linkPair(options)
  return pair
}

/** Everything a side of a stream hears, and a promise for its end. */
function listener(on: StreamHandlers = {}) {
  const heard = { head: '', data: '', ended: 0, drains: 0, error: null as PlatformError | null }
  const over = Promise.withResolvers<void>()
  const handlers: StreamHandlers = {
    onHead: (head) => {
      heard.head = head
    },
    onData: (chunk) => {
      heard.data += Buffer.from(chunk).toString()
    },
    onEnd: () => {
      heard.ended++
      over.resolve()
    },
    onDrain: () => {
      heard.drains++
    },
    onReset: (error) => {
      heard.error = error
      over.resolve()
    },
    ...on,
  }
  return { heard, handlers, over: over.promise }
}

/** The next stream that the peer opens. */
function accepted(handlers: StreamHandlers = {}): Promise<LinkStream> {
  return new Promise((resolve) => {
    pair.server.onStream = (stream) => {
      stream.handlers = handlers
      resolve(stream)
    }
  })
}

describe('a stream', () => {
  it('carries head and body there and back in one frame each', async () => {
    await connected()
    const there = listener()
    pair.server.onStream = (stream) => {
      stream.handlers = {
        ...there.handlers,
        onEnd: () => stream.respond(`re: ${stream.head}`, Buffer.from('bäck')),
      }
    }
    const here = listener()
    pair.client.open('héad', { body: Buffer.from('bödy'), handlers: here.handlers })
    await here.over
    expect(there.heard.data).toBe('bödy')
    expect(here.heard).toMatchObject({ head: 're: héad', data: 'bäck', ended: 1, error: null })
    expect([pair.client.active, pair.server.active]).toEqual([0, 0])
  })

  it('goes either way: the server opens too', async () => {
    await connected()
    pair.client.onStream = (stream) => stream.respond(stream.head.toUpperCase(), null)
    const here = listener()
    pair.server.open('server', { end: true, handlers: here.handlers })
    await here.over
    expect(here.heard.head).toBe('SERVER')
  })

  it('interleaves with others, so that a long one does not hold up a short one', async () => {
    await connected()
    const order: string[] = []
    pair.server.onStream = (stream) => {
      if (stream.head === 'short') stream.respond('', null)
      else {
        stream.respond('')
        stream.write(Buffer.alloc(10 * WINDOW))
        stream.end()
      }
    }
    const streams: LinkStream[] = []
    const finished = ['long', 'short'].map((name) => {
      const side = listener({ onData: (chunk) => streams[0]?.consumed(chunk.length) })
      streams.push(pair.client.open(name, { end: true, handlers: side.handlers }))
      return side.over.then(() => order.push(name))
    })
    await Promise.all(finished)
    expect(order).toEqual(['short', 'long'])
  })

  it('lets one side end while the other goes on', async () => {
    await connected()
    const there = listener()
    const stream = accepted(there.handlers)
    const here = listener()
    const opened = pair.client.open('h', { end: true, handlers: here.handlers })
    const answer = await stream
    await there.over
    answer.respond('first')
    answer.write(Buffer.from('then'))
    expect([opened.done, answer.done]).toEqual([false, false])
    answer.end()
    await here.over
    expect(here.heard).toMatchObject({ head: 'first', data: 'then', ended: 1 })
    expect([opened.done, answer.done]).toEqual([true, true])
  })

  it('sends a body larger than the window in one call, whole', async () => {
    await connected()
    pair.server.onStream = (stream) => {
      let size = 0
      stream.handlers = {
        onData: (chunk) => {
          size += chunk.length
          stream.consumed(chunk.length)
        },
        onEnd: () => stream.respond(String(size), Buffer.alloc(5 * WINDOW)),
      }
    }
    let size = 0
    const here = listener({
      onData: (chunk) => {
        size += chunk.length
        stream.consumed(chunk.length)
      },
    })
    const stream = pair.client.open('h', { body: Buffer.alloc(3 * WINDOW), handlers: here.handlers })
    await here.over
    expect([here.heard.head, size]).toEqual([String(3 * WINDOW), 5 * WINDOW])
  })

  it.each(['write', 'end'] as const)(
    'tells its own program that %s before respond is wrong',
    async (method) => {
      await connected()
      const stream = accepted()
      pair.client.open('h', { end: true, handlers: {} })
      const answer = await stream
      expect(() => answer[method](KB)).toThrow('before respond')
      answer.respond('h', null)
      expect(() => answer.respond('h', null)).not.toThrow()
    },
  )

  it('refuses a head that the peer would not take, and can still be answered', async () => {
    await connected({ headBytes: 1_000 })
    const long = 'é'.repeat(501)
    expect(() => pair.client.open(long, { end: true, handlers: {} })).toThrow(
      expect.objectContaining({ code: 'TOO_LARGE' }),
    )
    const stream = accepted()
    const here = listener()
    pair.client.open('x'.repeat(1_000), { end: true, handlers: here.handlers })
    const answer = await stream
    expect(() => answer.respond(long, null)).toThrow(expect.objectContaining({ code: 'TOO_LARGE' }))
    answer.respond('short', null)
    await here.over
    expect(here.heard.head).toBe('short')
  })
})

describe('flow control', () => {
  it('holds a fast writer to the window of a slow reader, both ways, and wakes it as credit returns', async () => {
    await connected()
    const held = { there: 0, here: 0 }
    const stream = accepted({
      onData: (chunk) => {
        held.there += chunk.length
      },
    })
    const here = listener({
      onData: (chunk) => {
        held.here += chunk.length
      },
    })
    const opened = pair.client.open('h', { handlers: here.handlers })
    const answer = await stream
    answer.respond('a')
    const fill = (side: LinkStream): number => {
      let given = 0
      do given += KB.length
      while (side.write(KB))
      return given
    }
    const drained = { here: Promise.withResolvers<void>(), there: Promise.withResolvers<void>() }
    opened.handlers = { ...opened.handlers, onDrain: drained.here.resolve }
    answer.handlers = { ...answer.handlers, onDrain: drained.there.resolve }
    let given = [fill(opened), fill(answer)]
    await settled(() => held.there === WINDOW && held.here === WINDOW)
    expect(given).toEqual([WINDOW, WINDOW])
    opened.consumed(WINDOW)
    answer.consumed(WINDOW)
    await Promise.all([drained.here.promise, drained.there.promise])
    given = [fill(opened), fill(answer)]
    await settled(() => held.there === 2 * WINDOW && held.here === 2 * WINDOW)
    expect(given).toEqual([WINDOW, WINDOW])
  })

  it('works between links of different windows', async () => {
    pair = await linkPair({ windowBytes: 16_384 }, { windowBytes: 500_000 })
    let there = 0
    const stream = accepted({
      onData: (chunk) => {
        there += chunk.length
      },
    })
    const opened = pair.client.open('h', { handlers: {} })
    const answer = await stream
    opened.write(Buffer.alloc(600_000))
    await settled(() => there === 500_000)
    answer.respond('a')
    expect(answer.write(Buffer.alloc(16_384))).toBe(false)
  })

  it('stops every writer while the socket is full, and wakes all of them', async () => {
    await connected({ windowBytes: 8 * 1024 * 1024 })
    pair.server.onStream = (stream) => {
      stream.handlers = {
        onData: (chunk) => stream.consumed(chunk.length),
        onEnd: () => stream.respond('', null),
      }
    }
    pair.sockets.server.pause()
    const writers = Array.from({ length: 3 }, () => {
      const drained = Promise.withResolvers<void>()
      const side = listener({ onDrain: drained.resolve })
      return { ...side, drained: drained.promise, stream: pair.client.open('h', { handlers: side.handlers }) }
    })
    const chunk = Buffer.alloc(512 * 1024)
    while (writers[0]?.stream.write(chunk)) await new Promise(setImmediate)
    expect(writers.map(({ stream }) => stream.write(KB))).toEqual([false, false, false])
    expect(pair.sockets.client.writableLength).toBeLessThan(4 * 1024 * 1024)
    pair.sockets.server.resume()
    await Promise.all(writers.map(({ drained }) => drained))
    for (const { stream } of writers) stream.end()
    await Promise.all(writers.map(({ over }) => over))
    expect(pair.client.active).toBe(0)
  })

  it('does not let a reader return more than it took', async () => {
    await connected()
    const stream = accepted()
    pair.client.open('h', { handlers: {} })
    const answer = await stream
    expect(() => answer.consumed(1)).toThrow('more than was received')
  })
})

describe('cancelling', () => {
  it('by the opener reaches the other side, which may then do no harm', async () => {
    await connected()
    const there = listener()
    const stream = accepted(there.handlers)
    const here = listener()
    const opened = pair.client.open('h', { handlers: here.handlers })
    const answer = await stream
    opened.reset(new PlatformError('CANCELLED', 'client went away', { details: { a: 1 } }))
    await there.over
    expect(there.heard.error).toMatchObject({
      code: 'CANCELLED',
      message: 'client went away',
      details: { a: 1 },
    })
    answer.respond('late', KB)
    answer.write(KB)
    answer.end()
    answer.reset(new PlatformError('INTERNAL', 'late'))
    expect([answer.done, here.heard.error, pair.client.active, pair.server.active]).toEqual([
      true,
      null,
      0,
      0,
    ])
  })

  it('by the accepting side reaches the opener in the midst of its body', async () => {
    await connected()
    pair.server.onStream = (stream) => stream.reset(new PlatformError('TOO_LARGE', 'too much'))
    const here = listener()
    const opened = pair.client.open('h', { handlers: here.handlers })
    opened.write(Buffer.alloc(10 * WINDOW))
    await here.over
    expect(here.heard.error).toMatchObject({ code: 'TOO_LARGE' })
    expect([pair.client.active, pair.server.active, pair.client.closed]).toEqual([0, 0, false])
  })

  it('cuts an error too long for the wire', async () => {
    await connected()
    const error = new PlatformError('SCRIPT_ERROR', 'é'.repeat(200_000), {
      details: { stack: 'x'.repeat(100_000) },
    })
    pair.server.onStream = (stream) => stream.reset(error)
    const here = listener()
    pair.client.open('h', { end: true, handlers: here.handlers })
    await here.over
    expect(here.heard.error).toMatchObject({ code: 'SCRIPT_ERROR', message: 'é'.repeat(8_192) })
  })

  it.each(['onStream', 'onData', 'onEnd'] as const)(
    'happens to the one stream whose %s throws',
    async (where) => {
      await connected()
      const there = listener()
      pair.server.onStream = (stream) => {
        stream.handlers = {
          ...there.handlers,
          [where]: () => {
            throw new Error('secret')
          },
        }
        if (where === 'onStream') throw new Error('secret')
      }
      const here = listener()
      pair.client.open('h', { body: KB, handlers: here.handlers })
      await here.over
      expect(here.heard.error).toMatchObject({ code: 'INTERNAL', message: 'the other side failed' })
      expect(there.heard.error).toMatchObject({ code: 'INTERNAL', message: 'secret' })
      expect([pair.client.closed, pair.server.closed]).toEqual([false, false])
    },
  )
})

describe('a link', () => {
  it('tells every stream and then its owner when the peer dies', async () => {
    await connected()
    const here = [listener(), listener()]
    for (const side of here) pair.client.open('h', { handlers: side.handlers })
    const closed = new Promise<PlatformError | null>((resolve) => {
      pair.client.onClose = resolve
    })
    pair.sockets.server.destroy()
    const error = await closed
    expect(error).toMatchObject({ code: 'UNAVAILABLE' })
    expect(here.map(({ heard }) => heard.error?.code)).toEqual(['UNAVAILABLE', 'UNAVAILABLE'])
    expect(() => pair.client.open('h', { handlers: {} })).toThrow(
      expect.objectContaining({ code: 'UNAVAILABLE' }),
    )
  })

  it('closes in order: the peer hears null, or the error that was given', async () => {
    for (const error of [undefined, new PlatformError('QUARANTINED', 'enough')]) {
      await connected()
      const closed = new Promise<PlatformError | null>((resolve) => {
        pair.server.onClose = resolve
      })
      pair.client.close(error)
      expect((await closed)?.code).toBe(error?.code)
      if (error === undefined) await pair.close()
    }
  })

  it('drains: what is open ends, what is new is refused, then it closes', async () => {
    await connected()
    const stream = accepted()
    const here = listener()
    pair.client.open('h', { end: true, handlers: here.handlers })
    const answer = await stream
    const drained = pair.server.drain()
    const late = listener()
    pair.client.open('late', { end: true, handlers: late.handlers })
    await late.over
    expect(late.heard.error).toMatchObject({ code: 'UNAVAILABLE', details: { refused: true } })
    expect(() => pair.server.open('h', { handlers: {} })).toThrow('being closed')
    answer.respond('done', null)
    await drained
    await here.over
    expect([here.heard.head, pair.server.closed]).toEqual(['done', true])
  })

  it('gives a silent peer up, and keeps one that answers', async () => {
    pair = await linkPair({ idleMs: 600 }, { idleMs: 0 })
    const closed = new Promise<PlatformError | null>((resolve) => {
      pair.client.onClose = resolve
    })
    let pongs = 0
    pair.sockets.client.on('data', () => pongs++)
    await settled(() => pongs >= 2)
    expect(pair.client.closed).toBe(false)
    pair.sockets.server.pause()
    expect(await closed).toMatchObject({ code: 'UNAVAILABLE' })
  })

  it('holds 10,000 streams at once, and refuses the next', async () => {
    await connected({ maxStreams: 10_000 })
    const answers: LinkStream[] = []
    pair.server.onStream = (stream) => answers.push(stream)
    const sides = Array.from({ length: 10_000 }, (_, index) => {
      const side = listener()
      pair.client.open(String(index), { end: true, handlers: side.handlers })
      return side
    })
    expect(() => pair.client.open('one more', { handlers: {} })).toThrow(
      expect.objectContaining({ code: 'LIMIT_EXCEEDED' }),
    )
    await settled(() => answers.length === 10_000)
    for (const answer of answers.reverse()) answer.respond(`re ${answer.head}`, null)
    await Promise.all(sides.map(({ over }) => over))
    expect(sides.every(({ heard }, index) => heard.head === `re ${index}`)).toBe(true)
    expect([pair.client.active, pair.server.active]).toEqual([0, 0])
  })

  it.each([{ windowBytes: 1 }, { headBytes: Number.NaN }, { maxStreams: 0 }, { idleMs: -1 }])(
    'refuses %j',
    async (options) => {
      await connected()
      const make = () => createLink(pair.sockets.client, 'client', options)
      expect(make).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    },
  )
})

/** Waits, turn by turn of the event loop, until something is so; the test's own time-out is the bound. */
async function settled(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(setImmediate)
}
