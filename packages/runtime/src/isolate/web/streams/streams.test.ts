import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { openTestRealm, type TestRealm } from '../../module-kind/testing/test-realm.ts'
import { expectSameAsNode, type Snippet } from '../testing/same-as-node.ts'

let realm: TestRealm
beforeAll(async () => {
  realm = await openTestRealm()
})
afterAll(() => realm.dispose())

const readable: Record<string, Snippet> = {
  'delivers what start enqueues': async () => {
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(1)
        controller.enqueue(2)
        controller.close()
      },
    })
    const reader = stream.getReader()
    return [await reader.read(), await reader.read(), await reader.read(), await reader.closed, stream.locked]
  },
  'pulls only as needed': async () => {
    const log: string[] = []
    let count = 0
    const stream = new ReadableStream(
      {
        start: (controller) => void log.push(`start ${controller.desiredSize}`),
        pull(controller) {
          log.push(`pull ${controller.desiredSize}`)
          controller.enqueue(++count)
        },
        cancel: (reason) => void log.push(`cancel ${reason}`),
      },
      { highWaterMark: 2 },
    )
    const reader = stream.getReader()
    await new Promise((resolve) => setTimeout(resolve, 5))
    log.push(`read ${(await reader.read()).value}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
    await reader.cancel('enough')
    return [log, await reader.read()]
  },
  'pulls once more when asked while pulling': async () => {
    const log: number[] = []
    const stream = new ReadableStream(
      {
        async pull(controller) {
          log.push(log.length)
          await Promise.resolve()
          controller.enqueue(log.length)
          if (log.length === 3) controller.close()
        },
      },
      { highWaterMark: 0 },
    )
    const reader = stream.getReader()
    const reads = await Promise.all([reader.read(), reader.read(), reader.read(), reader.read()])
    return [log, reads.map(({ value }) => value ?? 'end')]
  },
  'has a size function': async () => {
    const sizes: (number | null)[] = []
    const stream = new ReadableStream<string>(
      {
        start(controller) {
          sizes.push(controller.desiredSize)
          controller.enqueue('abc')
          sizes.push(controller.desiredSize)
          controller.enqueue('abcd')
          sizes.push(controller.desiredSize)
        },
      },
      { highWaterMark: 5, size: (chunk) => chunk.length },
    )
    await stream.getReader().read()
    return sizes
  },
  'fails when pull throws': async () => {
    const stream = new ReadableStream({
      pull() {
        throw new RangeError('no')
      },
    })
    const reader = stream.getReader()
    return [await reader.read().catch((error) => error), await reader.closed.catch((error) => error)]
  },
  'fails when start rejects': () =>
    new ReadableStream({ start: () => Promise.reject(new RangeError('no')) }).getReader().read(),
  'throws what start throws': () =>
    new ReadableStream({
      start() {
        throw new RangeError('no')
      },
    }),
  'delivers nothing queued after an error': async () => {
    let control: ReadableStreamDefaultController | undefined
    const stream = new ReadableStream({
      start(controller) {
        control = controller
      },
    })
    control!.enqueue(1)
    control!.error(new EvalError('x'))
    return stream.getReader().read()
  },
  'refuses to enqueue after close': () =>
    new ReadableStream({
      start(controller) {
        controller.close()
        controller.enqueue(1)
      },
    }),
  'refuses to close twice': () =>
    new ReadableStream({
      start(controller) {
        controller.close()
        controller.close()
      },
    }),
  'closes only when drained': async () => {
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue('last')
        controller.close()
      },
    })
    const reader = stream.getReader()
    let isClosed = false
    void reader.closed.then(() => {
      isClosed = true
    })
    await Promise.resolve()
    const before = isClosed
    await reader.read()
    await Promise.resolve()
    return [before, isClosed]
  },
  'releases its lock': async () => {
    const stream = new ReadableStream({ start: (controller) => controller.enqueue(1) })
    const reader = stream.getReader()
    reader.releaseLock()
    const closed = await reader.closed.catch((error) => error)
    const read = await reader.read().catch((error) => error)
    return [stream.locked, closed, read, await stream.getReader().read()]
  },
  'rejects pending reads at release': async () => {
    const reader = new ReadableStream().getReader()
    const pending = reader.read().catch((error) => error)
    reader.releaseLock()
    return pending
  },
  'refuses a second reader': () => {
    const stream = new ReadableStream()
    stream.getReader()
    return stream.getReader()
  },
  'refuses to cancel a locked stream': () => {
    const stream = new ReadableStream()
    stream.getReader()
    return stream.cancel()
  },
  cancels: async () => {
    const seen: unknown[] = []
    const stream = new ReadableStream({ cancel: (reason) => void seen.push(reason) })
    seen.push(await stream.cancel('why'))
    seen.push(await stream.cancel('again'))
    return seen
  },
  'passes on what cancel throws': () =>
    new ReadableStream({ cancel: () => Promise.reject(new RangeError('no')) }).cancel(),
  iterates: async () => {
    const seen: unknown[] = []
    for await (const each of ReadableStream.from(['a', 'b'])) seen.push(each)
    return seen
  },
  'cancels when a loop is left': async () => {
    const seen: unknown[] = []
    const stream = new ReadableStream({
      pull: (controller) => controller.enqueue(1),
      cancel: (reason) => void seen.push('cancel', reason),
    })
    for await (const each of stream) {
      seen.push(each)
      break
    }
    return [...seen, stream.locked]
  },
  'does not cancel when told': async () => {
    const stream = ReadableStream.from([1, 2, 3])
    for await (const each of stream.values({ preventCancel: true })) if (each) break
    return [stream.locked, await stream.getReader().read()]
  },
  'makes streams of generators': async () => {
    const log: unknown[] = []
    async function* count() {
      try {
        yield 1
        yield 2
        yield 3
      } finally {
        log.push('left')
      }
    }
    const reader = ReadableStream.from(count()).getReader()
    log.push((await reader.read()).value)
    await reader.cancel()
    return log
  },
  'makes streams of promises': async () => {
    const reader = ReadableStream.from([Promise.resolve('a')]).getReader()
    return [await reader.read(), await reader.read()]
  },
  'refuses to make a stream of a number': () => ReadableStream.from(5 as never),
  tees: async () => {
    const [a, b] = ReadableStream.from([1, 2, 3]).tee()
    const all = async (stream: ReadableStream) => {
      const seen: unknown[] = []
      for await (const each of stream) seen.push(each)
      return seen
    }
    return [await all(a!), await all(b!)]
  },
  'cancels the source when both branches are': async () => {
    const seen: unknown[] = []
    const [a, b] = new ReadableStream({ cancel: (reason) => void seen.push(reason) }).tee()
    const first = a!.cancel('x')
    await Promise.resolve()
    seen.push('not yet')
    await Promise.all([first, b!.cancel('y')])
    return seen
  },
  'tees errors': async () => {
    const [a, b] = new ReadableStream({ start: (controller) => controller.error(new RangeError('no')) }).tee()
    return [
      await a!
        .getReader()
        .read()
        .catch((error) => error),
      await b!
        .getReader()
        .read()
        .catch((error) => error),
    ]
  },
  'refuses a bad high water mark': () => new ReadableStream({}, { highWaterMark: -1 }),
  'refuses a bad type': () => new ReadableStream({ type: 'x' } as never),
  'refuses a pull that is none': () => new ReadableStream({ pull: 1 } as never),
  'refuses controllers of its own making': () =>
    new (ReadableStreamDefaultController as never as new () => object)(),
  'byte streams deliver bytes': async () => {
    const stream = new ReadableStream({
      type: 'bytes',
      start(controller) {
        controller.enqueue(new Uint8Array([1, 2, 3, 4, 5]))
        controller.close()
      },
    })
    const reader = stream.getReader({ mode: 'byob' })
    const read = async (size: number) => {
      const { done, value } = await reader.read(new Uint8Array(size))
      return [done, [...(value ?? [])]]
    }
    return [await read(2), await read(9), await read(1)]
  },
  'byte streams refuse strings': () =>
    new ReadableStream({ type: 'bytes', start: (controller) => controller.enqueue('x' as never) }),
  'other streams have no byob reader': () => new ReadableStream().getReader({ mode: 'byob' }),
}

const writable: Record<string, Snippet> = {
  'writes in order and closes': async () => {
    const log: unknown[] = []
    const stream = new WritableStream({
      start: () => void log.push('start'),
      async write(chunk) {
        await Promise.resolve()
        log.push(chunk)
      },
      close: () => void log.push('close'),
    })
    const writer = stream.getWriter()
    void writer.write('a')
    void writer.write('b')
    await writer.close()
    return [...log, await writer.closed, stream.locked]
  },
  'has backpressure': async () => {
    let release: (() => void) | undefined
    const stream = new WritableStream(
      {
        write: () =>
          new Promise<void>((resolve) => {
            release = resolve
          }),
      },
      { highWaterMark: 2 },
    )
    const writer = stream.getWriter()
    const sizes = [writer.desiredSize]
    void writer.write(1)
    sizes.push(writer.desiredSize)
    void writer.write(2)
    sizes.push(writer.desiredSize)
    let isReady = false
    void writer.ready.then(() => {
      isReady = true
    })
    await new Promise((resolve) => setTimeout(resolve, 2))
    const before = isReady
    release!()
    await writer.ready
    return [...sizes, before, isReady, writer.desiredSize]
  },
  'fails when write throws': async () => {
    const stream = new WritableStream({
      write() {
        throw new RangeError('no')
      },
    })
    const writer = stream.getWriter()
    const results = [
      await writer.write(1).catch((error) => error),
      await writer.write(2).catch((error) => error),
    ]
    return [
      ...results,
      await writer.closed.catch((error) => error),
      await writer.ready.catch((error) => error),
      writer.desiredSize,
    ]
  },
  aborts: async () => {
    const log: unknown[] = []
    let signal: AbortSignal | undefined
    const stream = new WritableStream({
      start(controller) {
        signal = controller.signal
      },
      abort: (reason) => void log.push('abort', reason),
    })
    const writer = stream.getWriter()
    await writer.abort('why')
    return [
      ...log,
      await writer.closed.catch((error) => error),
      await writer.write(1).catch((error) => error),
      signal!.aborted,
      signal!.reason,
    ]
  },
  'rejects what waits when it aborts': async () => {
    let release: (() => void) | undefined
    const stream = new WritableStream({
      write: () =>
        new Promise<void>((resolve) => {
          release = resolve
        }),
    })
    const writer = stream.getWriter()
    await Promise.resolve()
    const first = writer.write(1)
    const second = writer.write(2).catch((error) => error)
    await new Promise((resolve) => setTimeout(resolve, 2))
    const aborted = writer.abort('why')
    release!()
    return [await first, await second, await aborted]
  },
  'passes on what abort throws': () =>
    new WritableStream({ abort: () => Promise.reject(new RangeError('no')) }).getWriter().abort('x'),
  'fails by its controller': async () => {
    let control: WritableStreamDefaultController | undefined
    const stream = new WritableStream({
      start(controller) {
        control = controller
      },
    })
    const writer = stream.getWriter()
    await writer.ready
    control!.error(new RangeError('x'))
    return [await writer.closed.catch((error) => error), await writer.close().catch((error) => error)]
  },
  'fails when close throws': () =>
    new WritableStream({
      close() {
        throw new RangeError('no')
      },
    })
      .getWriter()
      .close(),
  'refuses to write after close': async () => {
    const writer = new WritableStream().getWriter()
    void writer.close()
    return writer.write(1)
  },
  'refuses to close twice': async () => {
    const stream = new WritableStream()
    await stream.close()
    return stream.close()
  },
  'refuses a second writer': () => {
    const stream = new WritableStream()
    stream.getWriter()
    return stream.getWriter()
  },
  'releases its lock': async () => {
    const stream = new WritableStream()
    const writer = stream.getWriter()
    writer.releaseLock()
    return [
      stream.locked,
      await writer.closed.catch((error) => error),
      await writer.write(1).catch((error) => error),
    ]
  },
  'refuses desiredSize after release': () => {
    const writer = new WritableStream().getWriter()
    writer.releaseLock()
    return writer.desiredSize
  },
  'refuses a type': () => new WritableStream({ type: 'bytes' } as never),
}

const pipes: Record<string, Snippet> = {
  'pipes all and closes': async () => {
    const log: unknown[] = []
    const target = new WritableStream({
      write: (chunk) => void log.push(chunk),
      close: () => void log.push('close'),
    })
    const source = ReadableStream.from([1, 2, 3])
    const result = await source.pipeTo(target)
    return [...log, result, source.locked, target.locked]
  },
  'does not close when told': async () => {
    const log: unknown[] = []
    const target = new WritableStream({ close: () => void log.push('close') })
    await ReadableStream.from([1]).pipeTo(target, { preventClose: true })
    await target.getWriter().write(2)
    return log
  },
  'aborts the target when the source fails': async () => {
    const log: unknown[] = []
    const target = new WritableStream({ abort: (reason) => void log.push('abort', (reason as Error).name) })
    const source = new ReadableStream({ start: (controller) => controller.error(new RangeError('no')) })
    return [await source.pipeTo(target).catch((error) => error), ...log]
  },
  'cancels the source when the target fails': async () => {
    const log: unknown[] = []
    const source = new ReadableStream({
      pull: (controller) => controller.enqueue(1),
      cancel: (reason) => void log.push('cancel', (reason as Error).name),
    })
    const target = new WritableStream({
      write() {
        throw new RangeError('full')
      },
    })
    return [await source.pipeTo(target).catch((error) => error), ...log]
  },
  'cancels the source when the target is closed': async () => {
    const log: unknown[] = []
    const source = new ReadableStream({ cancel: (reason) => void log.push('cancel', (reason as Error).name) })
    const target = new WritableStream()
    await target.close()
    return [await source.pipeTo(target).catch((error) => error), ...log]
  },
  'stops by a signal': async () => {
    const log: unknown[] = []
    const controller = new AbortController()
    const source = new ReadableStream({ cancel: (reason) => void log.push('cancel', reason) })
    const target = new WritableStream({ abort: (reason) => void log.push('abort', reason) })
    const piped = source.pipeTo(target, { signal: controller.signal }).catch((error) => error)
    await Promise.resolve()
    controller.abort('stop')
    return [await piped, log.sort(), source.locked, target.locked]
  },
  'does not start when stopped already': () =>
    new ReadableStream().pipeTo(new WritableStream(), { signal: AbortSignal.abort('x') }),
  'refuses what is locked': () => {
    const source = new ReadableStream()
    source.getReader()
    return source.pipeTo(new WritableStream())
  },
  'refuses what is no stream': () => new ReadableStream().pipeTo({} as never),
  'waits for a slow target': async () => {
    const log: string[] = []
    let count = 0
    const source = new ReadableStream(
      {
        pull(controller) {
          log.push(`pull ${++count}`)
          controller.enqueue(count)
          if (count === 4) controller.close()
        },
      },
      { highWaterMark: 0 },
    )
    const target = new WritableStream({
      async write(chunk) {
        log.push(`write ${chunk}`)
        await new Promise((resolve) => setTimeout(resolve, 1))
      },
    })
    await source.pipeTo(target)
    return log
  },
  transforms: async () => {
    const upper = new TransformStream<string, string>({
      transform: (chunk, controller) => controller.enqueue(chunk.toUpperCase()),
      flush: (controller) => controller.enqueue('!'),
    })
    const seen: unknown[] = []
    for await (const each of ReadableStream.from(['a', 'b']).pipeThrough(upper)) seen.push(each)
    return seen
  },
  'passes chunks through unchanged': async () => {
    const { readable, writable } = new TransformStream()
    const writer = writable.getWriter()
    void writer.write('x')
    void writer.close()
    const reader = readable.getReader()
    return [await reader.read(), await reader.read()]
  },
  'fails both ends when transform throws': async () => {
    const { readable, writable } = new TransformStream({
      transform() {
        throw new RangeError('no')
      },
    })
    const writer = writable.getWriter()
    const written = writer.write(1).catch((error) => error)
    const read = await readable
      .getReader()
      .read()
      .catch((error) => error)
    return [await written, read, await writer.closed.catch((error) => error)]
  },
  terminates: async () => {
    const { readable, writable } = new TransformStream({
      transform: (_, controller) => controller.terminate(),
    })
    const writer = writable.getWriter()
    const written = writer.write(1).catch((error) => error)
    const read = await readable.getReader().read()
    return [read, await written, await writer.write(2).catch((error) => error)]
  },
  'cancelling the readable end fails the writable end': async () => {
    const log: unknown[] = []
    const { readable, writable } = new TransformStream({
      cancel: (reason: unknown) => void log.push(reason),
    } as never)
    await readable.cancel('why')
    return [
      ...log,
      await writable
        .getWriter()
        .write(1)
        .catch((error) => error),
    ]
  },
  'aborting the writable end fails the readable end': async () => {
    const { readable, writable } = new TransformStream()
    await writable.abort('why')
    return readable
      .getReader()
      .read()
      .catch((error) => error)
  },
  'holds back a fast writer': async () => {
    const { readable, writable } = new TransformStream()
    const writer = writable.getWriter()
    const log: unknown[] = [writer.desiredSize]
    let isWritten = false
    void writer.write(1).then(() => {
      isWritten = true
    })
    await new Promise((resolve) => setTimeout(resolve, 2))
    log.push(isWritten, writer.desiredSize)
    await readable.getReader().read()
    await new Promise((resolve) => setTimeout(resolve, 2))
    return [...log, isWritten]
  },
  'strategies measure': () => [
    new CountQueuingStrategy({ highWaterMark: 3 }).highWaterMark,
    new CountQueuingStrategy({ highWaterMark: 3 }).size('x' as never),
    new ByteLengthQueuingStrategy({ highWaterMark: 3 }).size(new Uint8Array(7)),
  ],
}

describe('ReadableStream, as in Node', () => {
  it.each(Object.entries(readable))('%s', (_, snippet) => expectSameAsNode(realm, snippet))
})
describe('WritableStream, as in Node', () => {
  it.each(Object.entries(writable))('%s', (_, snippet) => expectSameAsNode(realm, snippet))
})
describe('Pipes and transforms, as in Node', () => {
  it.each(Object.entries(pipes))('%s', (_, snippet) => expectSameAsNode(realm, snippet))
})
