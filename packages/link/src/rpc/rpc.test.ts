import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { PlatformError } from '@openzimki/core'
import {
  connectLink,
  type Link,
  type LinkListener,
  listenLinks,
  rawResult,
  rpcCall,
  rpcClient,
  rpcServer,
  rpcStream,
} from '../index.ts'

interface Calls {
  echo: [unknown, unknown]
  refuse: [null, null]
  crash: [null, null]
  cyclic: [null, unknown]
  hang: [null, null]
  put: [{ name: string }, { name: string; size: number }]
  get: [{ chunks: number }, { chunks: number }]
  deaf: [null, string]
  broken: [null, null]
}

const CHUNK = new Uint8Array(10_000).fill(7)

let folder: string
let listener: LinkListener
let link: Link
let aborted: Promise<unknown>
let sourceClosed: Promise<void>
let crashes: string[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rpc-'))
  crashes = []
  const abort = Promise.withResolvers<unknown>()
  aborted = abort.promise
  const closed = Promise.withResolvers<void>()
  sourceClosed = closed.promise
  const serve = rpcServer<Calls>(
    {
      echo: (params) => params,
      refuse: () => {
        throw new PlatformError('FENCED', 'old epoch', { details: { epoch: 3 } })
      },
      crash: () => {
        throw new Error('secret of /etc/passwd')
      },
      cyclic: () => {
        const value: { self?: unknown } = {}
        value.self = value
        return value
      },
      hang: (_, { signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            abort.resolve(signal.reason)
            reject(signal.reason)
          })
        }),
      put: async ({ name }, { body }) => {
        let size = 0
        for await (const chunk of body) size += chunk.length
        return { name, size }
      },
      get: ({ chunks }) => {
        async function* source() {
          try {
            for (let index = 0; index < chunks; index++) yield CHUNK
          } finally {
            closed.resolve()
          }
        }
        return rawResult({ chunks }, source())
      },
      deaf: () => 'enough',
      broken: () => {
        // biome-ignore lint/correctness/useYield: it fails before its first chunk, and that is the point
        async function* source(): AsyncGenerator<Uint8Array> {
          throw new PlatformError('NOT_FOUND', 'no such blob')
        }
        return rawResult(null, source())
      },
    },
    {
      maxBytes: 1_000_000,
      maxRunning: 10,
      onError: (method, error) => crashes.push(`${method}: ${error.message}`),
    },
  )
  listener = await listenLinks(`unix:${join(folder, 's')}`, (accepted) => {
    accepted.onStream = (stream) => {
      if (!serve(stream, accepted)) stream.respond('not a call', null)
    }
  })
  link = await connectLink(listener.address)
})

afterEach(async () => {
  link.close()
  await listener.close()
  await rm(folder, { recursive: true })
})

async function* chunks(count: number): AsyncGenerator<Uint8Array> {
  for (let index = 0; index < count; index++) yield CHUNK
}

describe('rpcCall', () => {
  it.each([
    ['small', 'é'],
    ['long', 'é'.repeat(300_000)],
    ['null', null],
    ['nested', { a: [1, { b: null }] }],
  ])('brings %s params there and the result back', async (_, value) => {
    expect(await rpcCall<Calls, 'echo'>(link, 'echo', value)).toEqual(value)
    expect(link.active).toBe(0)
  })

  it('brings the error of a handler with code, message and details', async () => {
    const call = rpcClient<Calls>(link)('refuse', null)
    await expect(call).rejects.toMatchObject({ code: 'FENCED', message: 'old epoch', details: { epoch: 3 } })
  })

  it.each(['crash', 'cyclic'] as const)(
    'says no more than INTERNAL when %s throws something else',
    async (method) => {
      const error = await rpcClient<Calls>(link)(method, null).catch((thrown: PlatformError) => thrown)
      expect(error).toMatchObject({ code: 'INTERNAL' })
      expect(JSON.stringify(error)).not.toMatch(/secret|circular/)
      expect(crashes).toHaveLength(1)
    },
  )

  it.each(['toString', '__proto__', 'nothing'])('refuses the unknown call %s', async (method) => {
    await expect(rpcCall(link, method as never, null as never)).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })

  it('aborts the handler when its caller gives up, by signal or by time', async () => {
    const controller = new AbortController()
    const call = rpcCall<Calls, 'hang'>(link, 'hang', null, { signal: controller.signal })
    const settled = expect(call).rejects.toMatchObject({ code: 'CANCELLED' })
    await rpcCall<Calls, 'echo'>(link, 'echo', 'the hanging call has arrived')
    controller.abort()
    await settled
    expect(await aborted).toMatchObject({ code: 'CANCELLED' })
    await expect(rpcCall<Calls, 'hang'>(link, 'hang', null, { timeoutMs: 1 })).rejects.toMatchObject({
      code: 'TIMEOUT',
    })
    expect(link.active).toBe(0)
  })

  it('refuses params and results that are too large, and calls beyond the bound', async () => {
    const long = 'x'.repeat(1_000_001)
    await expect(rpcCall<Calls, 'echo'>(link, 'echo', long)).rejects.toMatchObject({ code: 'TOO_LARGE' })
    const tight = rpcCall<Calls, 'echo'>(link, 'echo', 'x'.repeat(50_000), { maxBytes: 10_000 })
    await expect(tight).rejects.toMatchObject({ code: 'TOO_LARGE' })
    const controller = new AbortController()
    const hanging = Array.from({ length: 10 }, () =>
      rpcCall<Calls, 'hang'>(link, 'hang', null, { signal: controller.signal }),
    )
    await expect(rpcCall<Calls, 'echo'>(link, 'echo', 1)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    controller.abort()
    for (const call of hanging) await expect(call).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  it('rejects with UNAVAILABLE when the link goes', async () => {
    const call = expect(rpcCall<Calls, 'hang'>(link, 'hang', null)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    })
    await rpcCall<Calls, 'echo'>(link, 'echo', 1)
    link.close()
    await call
    await expect(rpcCall<Calls, 'echo'>(link, 'echo', 1)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })

  it('leaves streams that are no calls to others', async () => {
    const head = await new Promise((resolve) => {
      link.open('{"method":"GET"}', { end: true, handlers: { onHead: resolve } })
    })
    expect(head).toBe('not a call')
  })
})

describe('rpcStream', () => {
  it('sends a raw body of 3 MB up', async () => {
    const { result } = await rpcStream<Calls, 'put'>(link, 'put', { name: 'a' }, { body: chunks(300) })
    expect(result).toEqual({ name: 'a', size: 3_000_000 })
  })

  it('brings a raw body of 3 MB down', async () => {
    const { result, body } = await rpcStream<Calls, 'get'>(link, 'get', { chunks: 300 })
    expect(result).toEqual({ chunks: 300 })
    let size = 0
    for await (const chunk of body) size += chunk.length
    expect(size).toBe(3_000_000)
    expect(link.active).toBe(0)
  })

  it('ends the source when the reader leaves early', async () => {
    const { body } = await rpcStream<Calls, 'get'>(link, 'get', { chunks: 1_000_000 })
    for await (const chunk of body) if (chunk.length > 0) break
    await sourceClosed
    expect(link.active).toBe(0)
  })

  it('takes an answer that came before the body was read, and stops sending', async () => {
    const { result } = await rpcStream<Calls, 'deaf'>(link, 'deaf', null, { body: chunks(1_000_000) })
    expect(result).toBe('enough')
    expect(link.active).toBe(0)
  })

  it('brings the error of a source, on either side', async () => {
    const { body } = await rpcStream<Calls, 'broken'>(link, 'broken', null)
    await expect(
      (async () => {
        for await (const _ of body);
      })(),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' })
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield CHUNK
      throw new PlatformError('CONFLICT', 'the file changed')
    }
    const put = rpcStream<Calls, 'put'>(link, 'put', { name: 'b' }, { body: failing() })
    await expect(put).rejects.toMatchObject({ code: 'CONFLICT' })
    expect(link.active).toBe(0)
  })
})
