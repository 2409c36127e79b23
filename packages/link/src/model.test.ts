import { expect, it } from '@jest/globals'
import { PlatformError } from '@openzimki/core'
import type { Link, LinkStream } from './contract.ts'
import { linkPair } from './testing/link-pair.ts'
import { Random } from './testing/random.ts'

const WINDOW = 16_384

/** One direction of one stream: what was sent, what came, and what of it is not yet consumed. */
class Direction {
  sent = 0
  received = 0
  unconsumed = 0
  sentEnd = false
  gotEnd = false
  /** The sender was told to stop. */
  full = false
  sum = 0
}

/** A stream as the model sees it: bytes are a running count modulo 251, so that a lost, doubled or swapped byte shows. */
class ModelStream {
  readonly up = new Direction()
  readonly down = new Direction()
  opener: LinkStream | null = null
  acceptor: LinkStream | null = null
  answered = false
  gotHead = false
  dead = false
}

const random = new Random(20_06)
const pattern = Buffer.from(Array.from({ length: 251 * 400 }, (_, index) => index % 251))

function take(direction: Direction, chunk: Uint8Array): void {
  expect(direction.gotEnd).toBe(false)
  const at = direction.received % 251
  expect(Buffer.compare(chunk, pattern.subarray(at, at + chunk.length))).toBe(0)
  direction.received += chunk.length
  direction.unconsumed += chunk.length
  expect(direction.unconsumed).toBeLessThanOrEqual(WINDOW)
  expect(direction.received).toBeLessThanOrEqual(direction.sent)
}

function accept(stream: LinkStream, models: ModelStream[]): void {
  const model = models[Number(stream.head)] as ModelStream
  model.acceptor = stream
  stream.handlers = {
    onData: (chunk) => take(model.up, chunk),
    onEnd: () => {
      expect(model.up.gotEnd).toBe(false)
      expect(model.up.received).toBe(model.up.sent)
      model.up.gotEnd = true
    },
    onDrain: () => {
      expect(model.down.full).toBe(true)
      model.down.full = false
    },
    onReset: () => {
      expect(model.dead).toBe(true)
    },
  }
}

function open(link: Link, models: ModelStream[]): void {
  const model = new ModelStream()
  models.push(model)
  const size = random.below(3) === 0 ? random.below(2_000) : -1
  if (size >= 0) {
    model.up.sent = size
    model.up.sentEnd = true
  }
  model.opener = link.open(String(models.length - 1), {
    ...(size >= 0 ? { body: pattern.subarray(0, size) } : {}),
    handlers: {
      onHead: (head) => {
        expect([head, model.answered, model.gotHead]).toEqual(['answer', true, false])
        model.gotHead = true
      },
      onData: (chunk) => {
        expect(model.gotHead).toBe(true)
        take(model.down, chunk)
      },
      onEnd: () => {
        expect(model.down.received).toBe(model.down.sent)
        model.down.gotEnd = true
      },
      onDrain: () => {
        expect(model.up.full).toBe(true)
        model.up.full = false
      },
      onReset: () => {
        expect(model.dead).toBe(true)
      },
    },
  })
}

function act(model: ModelStream): void {
  const upward = random.below(2) === 0
  const sender = upward ? model.opener : model.acceptor
  const receiver = upward ? model.acceptor : model.opener
  const direction = upward ? model.up : model.down
  const action = random.below(20)
  if (model.dead || sender === null) return
  if (!upward && !model.answered) {
    model.answered = true
    sender.respond('answer')
  } else if (action < 9 && !direction.sentEnd && !direction.full) write(sender, direction)
  else if (action < 16 && receiver !== null && direction.unconsumed > 0) {
    const bytes = 1 + random.below(direction.unconsumed)
    direction.unconsumed -= bytes
    receiver.consumed(bytes)
  } else if (action === 17 && !direction.sentEnd) {
    direction.sentEnd = true
    sender.end()
  } else if (action === 18 && random.below(20) === 0) {
    model.dead = !sender.done
    sender.reset(new PlatformError('CANCELLED', 'by the model'))
  }
}

function write(sender: LinkStream, direction: Direction): void {
  const size = 1 + random.below(random.below(4) === 0 ? 2 * WINDOW : 300)
  const at = direction.sent % 251
  direction.sent += size
  direction.full = !sender.write(pattern.subarray(at, at + size))
}

/** Ends what is open: reads all, ends both sides. */
function finish(model: ModelStream): void {
  if (model.dead) return
  if (!model.answered && model.acceptor !== null) model.acceptor.respond('answer')
  if (model.acceptor !== null) model.answered = true
  for (const [direction, sender, receiver] of [
    [model.up, model.opener, model.acceptor],
    [model.down, model.acceptor, model.opener],
  ] as const) {
    if (sender === null || receiver === null) continue
    receiver.consumed(direction.unconsumed)
    direction.unconsumed = 0
    if (!direction.sentEnd) sender.end()
    direction.sentEnd = true
  }
}

it('agrees with a model over 60,000 random actions on both sides', async () => {
  const pair = await linkPair({ windowBytes: WINDOW, idleMs: 0 })
  const sides = [pair.client, pair.server].map((link) => ({ link, models: [] as ModelStream[] }))
  pair.server.onStream = (stream) => accept(stream, sides[0]?.models ?? [])
  pair.client.onStream = (stream) => accept(stream, sides[1]?.models ?? [])
  for (let turn = 0; turn < 3_000; turn++) {
    for (let step = 0; step < 20; step++) {
      const { link, models } = sides[random.below(2)] as (typeof sides)[0]
      if (random.below(30) === 0 && link.active < 60) open(link, models)
      else if (models.length > 0)
        act(models[Math.max(0, models.length - 1 - random.below(30))] as ModelStream)
    }
    await new Promise(setImmediate)
  }
  const all = sides.flatMap(({ models }) => models)
  while (pair.client.active + pair.server.active > 0) {
    for (const model of all) finish(model)
    await new Promise(setImmediate)
  }
  const alive = all.filter((model) => !model.dead)
  expect(alive.length).toBeGreaterThan(100)
  expect(all.length - alive.length).toBeGreaterThan(10)
  for (const { up, down } of alive) {
    expect([up.received, up.gotEnd, down.received, down.gotEnd]).toEqual([up.sent, true, down.sent, true])
  }
  expect([pair.client.closed, pair.server.closed]).toEqual([false, false])
  await pair.close()
})
