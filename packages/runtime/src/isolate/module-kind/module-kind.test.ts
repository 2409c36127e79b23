import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { openTestRealm, type TestRealm } from './testing/test-realm.ts'

let realm: TestRealm
beforeEach(async () => {
  realm = await openTestRealm()
})
afterEach(() => realm.dispose())

const URL_OF_TEST = 'http://a.localhost/'
const operations = (): string[] => realm.posted.map((each) => each.operation)
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('answering', () => {
  it('sends a text in one message', async () => {
    realm.start('{ fetch: () => new Response("hello") }')
    const response = await realm.fetch(URL_OF_TEST)
    expect(response).toMatchObject({ status: 200, text: 'hello', streamed: false })
    expect(response.headers).toEqual(['content-type', 'text/plain;charset=UTF-8'])
    expect(operations()).toEqual(['answer', 'wait.done'])
  })

  it('gives the handler the request, the environment and the context', async () => {
    realm.start(
      `{ async fetch(request, env, ctx) {
        const url = new URL(request.url)
        return Response.json([request.method, url.pathname, url.searchParams.get('q'), request.headers.get('X-One'),
          env.NAME, typeof ctx.waitUntil, await request.text()], { status: 201, headers: { 'x-two': '2' } })
      } }`,
      { NAME: 'wiki' },
    )
    const response = await realm.fetch('http://a.localhost/p%20q?q=1+2', {
      method: 'POST',
      headers: ['x-one', '1', 'x-one', 'b'],
      body: 'grüß',
    })
    expect(JSON.parse(response.text)).toEqual(['POST', '/p%20q', '1 2', '1, b', 'wiki', 'function', 'grüß'])
    expect([response.status, response.headers]).toEqual([
      201,
      ['x-two', '2', 'content-type', 'application/json'],
    ])
  })

  it.each([
    ['a function', '(request) => new Response(request.method)'],
    ['an object with this', '{ answer: "GET", fetch() { return new Response(this.answer) } }'],
    ['a class instance', 'new (class { fetch(request) { return new Response(request.method) } })()'],
    ['a function with fetch', 'Object.assign(() => 1, { fetch: () => new Response("GET") })'],
    ['a thenable', '() => ({ then: (resolve) => resolve(new Response("GET")) })'],
    ['a promise', 'async (request) => new Response(request.method)'],
  ])('takes %s', async (_, program) => {
    realm.start(program)
    expect((await realm.fetch(URL_OF_TEST)).text).toBe('GET')
  })

  it.each([
    ['bytes', 'new Uint8Array([104, 105])'],
    ['a part of a buffer', 'new Uint8Array([0, 104, 105, 0]).subarray(1, 3)'],
    ['a blob', 'new Blob(["h", "i"])'],
    ['a string object', 'Object("hi")'],
  ])('sends %s whole', async (_, body) => {
    realm.start(`() => new Response(${body})`)
    expect(await realm.fetch(URL_OF_TEST)).toMatchObject({ text: 'hi', streamed: false })
  })

  it('sends nothing for nothing', async () => {
    realm.start('() => new Response(null, { status: 204 })')
    expect(await realm.fetch(URL_OF_TEST)).toMatchObject({ status: 204, text: '', headers: [] })
    expect(realm.posted[0]!.bytes).toBeNull()
  })

  it('keeps cookies apart', async () => {
    realm.start('() => new Response("", { headers: [["Set-Cookie", "a=1"], ["Set-Cookie", "b=2"]] })')
    const { headers } = await realm.fetch(URL_OF_TEST)
    expect(headers.slice(0, 4)).toEqual(['set-cookie', 'a=1', 'set-cookie', 'b=2'])
  })

  it('normalizes a URL only where it must', async () => {
    realm.start('(request) => new Response(request.url)')
    const urls = [
      'http://a.localhost:8080/u/x/?a=%20b',
      'http://a.localhost/a/../b',
      'http://a.localhost:80/é?ü',
      'http://A.localhost/%2e%2e/x',
      'http://a.localhost/b/%2E%2e/x',
      'http://a.localhost:443/%20',
      "http://a.localhost/'?'",
      'https://x.y/.a/b.c/..d?e/../f',
      'http://127.1/',
    ]
    for (const url of urls) expect((await realm.fetch(url)).text).toBe(new URL(url).href)
  })

  it('does not let the program change the headers of the request', async () => {
    realm.start('(request) => { request.headers.set("a", "b"); return new Response() }')
    await expect(realm.fetch(URL_OF_TEST)).rejects.toThrow('immutable')
  })
})

describe('streaming', () => {
  it('sends a stream chunk by chunk, each when there is room', async () => {
    const gates: (() => void)[] = []
    realm.answer = () => new Promise((resolve) => gates.push(() => resolve({})))
    realm.start(`() => {
      let count = 0
      return new Response(new ReadableStream({
        pull(controller) {
          controller.enqueue(new TextEncoder().encode('part' + ++count))
          if (count === 3) controller.close()
        },
      }, { highWaterMark: 0 }))
    }`)
    const response = realm.fetch(URL_OF_TEST)
    await turn()
    expect(operations()).toEqual(['respond', 'respond.chunk'])
    for (let sent = 1; sent <= 3; sent++) {
      gates.shift()!()
      await turn()
      await turn()
    }
    expect(await response).toMatchObject({ text: 'part1part2part3', streamed: true })
    expect(operations()).toEqual([
      'respond',
      'respond.chunk',
      'respond.chunk',
      'respond.chunk',
      'respond.end',
      'wait.done',
    ])
  })

  it('cancels the stream when the client is gone', async () => {
    realm.answer = () => new Promise(() => undefined)
    realm.start(`() => new Response(new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(1)),
      cancel: (reason) => console.log('cancelled', reason.name),
    }))`)
    realm.enter('http', 7, { method: 'GET', url: URL_OF_TEST, root: '', headers: [], body: 'none' })
    await turn()
    realm.enter('abort', 7, {})
    expect(realm.posted.at(-1)!.payload).toMatchObject({ text: 'cancelled AbortError' })
  })

  it('cancels the stream when the host refuses a chunk', async () => {
    realm.answer = () => {
      throw new Error('the client is gone')
    }
    realm.start(`() => new Response(new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(1)),
      cancel: (reason) => console.log('cancelled', reason.message),
    }))`)
    realm.enter('http', 7, { method: 'GET', url: URL_OF_TEST, root: '', headers: [], body: 'none' })
    await turn()
    await turn()
    expect(operations()).toEqual(['respond', 'respond.chunk', 'log', 'wait.done'])
  })

  it('reports an error of the stream after the head', async () => {
    realm.start(`() => new Response(new ReadableStream({
      pull(controller) { controller.error(new RangeError('broken')) },
    }))`)
    await expect(realm.fetch(URL_OF_TEST)).rejects.toThrow('RangeError: broken')
  })

  it('refuses chunks that are no bytes', async () => {
    realm.start(`() => new Response(new ReadableStream({
      start(controller) { controller.enqueue('text') },
      cancel: (reason) => console.log('cancelled', reason.name),
    }))`)
    await expect(realm.fetch(URL_OF_TEST)).rejects.toThrow('Uint8Array')
    expect(operations()).toContain('log')
  })

  it('asks for the body of the request only as it is read', async () => {
    const chunks = ['first', 'second']
    realm.answer = (operation) => {
      if (operation !== 'body.pull') return {}
      const chunk = chunks.shift()
      return chunk
        ? { payload: {}, bytes: new TextEncoder().encode(chunk).buffer as ArrayBuffer }
        : { payload: null }
    }
    realm.start(`async (request) => {
      const reader = request.body.getReader()
      const { value } = await reader.read()
      console.log('one')
      reader.releaseLock()
      let rest = ''
      for await (const part of request.body) rest += new TextDecoder().decode(part)
      return new Response(new TextDecoder().decode(value) + '/' + rest)
    }`)
    const response = await realm.fetch(URL_OF_TEST, { method: 'POST', stream: true, body: '' })
    expect(response.text).toBe('first/second')
    expect(operations().slice(0, 2)).toEqual(['body.pull', 'log'])
  })

  it('reads a streamed body whole, and passes it through', async () => {
    const pull = (): TestRealm['answer'] => {
      const chunks = ['{"a":', '1}']
      return (operation) => {
        if (operation !== 'body.pull') return {}
        const chunk = chunks.shift()
        return chunk ? { bytes: new TextEncoder().encode(chunk).buffer as ArrayBuffer } : {}
      }
    }
    realm.start(
      'async (request) => request.url.endsWith("json") ? Response.json(await request.json()) : new Response(request.body)',
    )
    realm.answer = pull()
    expect((await realm.fetch(`${URL_OF_TEST}json`, { method: 'POST', stream: true })).text).toBe('{"a":1}')
    realm.answer = pull()
    expect(await realm.fetch(URL_OF_TEST, { method: 'POST', stream: true })).toMatchObject({
      text: '{"a":1}',
      streamed: true,
    })
  })

  it('tells the host when the program does not want the rest', async () => {
    realm.start('async (request) => { await request.body.cancel(); return new Response("no") }')
    await realm.fetch(URL_OF_TEST, { method: 'POST', stream: true })
    expect(operations()[0]).toBe('body.cancel')
  })

  it('rejects the read when the host cannot give the body', async () => {
    realm.answer = () => {
      throw new Error('the client went away')
    }
    realm.start('async (request) => new Response(await request.text())')
    await expect(realm.fetch(URL_OF_TEST, { method: 'POST', stream: true })).rejects.toThrow(
      'the client went away',
    )
  })

  it('does not read a stream for HEAD', async () => {
    realm.start(`() => new Response(new ReadableStream({
      pull: () => console.log('read'), cancel: () => console.log('cancelled') }, { highWaterMark: 0 }), { headers: { a: 'b' } })`)
    expect(await realm.fetch(URL_OF_TEST, { method: 'HEAD' })).toMatchObject({
      headers: ['a', 'b'],
      text: '',
      streamed: false,
    })
    expect(
      realm.posted.filter(({ operation }) => operation === 'log').map(({ payload }) => payload.text),
    ).toEqual(['cancelled'])
  })
})

describe('failing', () => {
  it.each([
    ['throws', '() => { throw new RangeError("no") }', 'RangeError: no'],
    ['rejects', 'async () => { throw new RangeError("no") }', 'RangeError: no'],
    ['throws text', '() => { throw "text" }', 'text'],
    ['throws nothing', '() => { throw undefined }', 'undefined'],
    ['throws a plain object', '() => { throw { a: 1 } }', '{ a: 1 }'],
    [
      'throws a proxy',
      '() => { throw new Proxy({}, { get() { throw 1 }, getPrototypeOf() { throw 1 } }) }',
      'cannot be shown',
    ],
    [
      'throws an error with bad getters',
      '() => { throw { get message() { throw 1 }, get stack() { throw 2 }, name: "N" } }',
      'N',
    ],
    [
      'throws an error whose stack is no text',
      '() => { throw Object.assign(new Error("m"), { stack: { toString() { throw 1 } } }) }',
      'Error: m',
    ],
    ['throws an immense error', '() => { throw new Error("x".repeat(1e6)) }', 'Error: xxx'],
    ['returns nothing', '() => undefined', 'Is a return missing?'],
    ['returns text', '() => "hello"', `must return a Response, or a promise of one, but returned 'hello'`],
    ['promises text', 'async () => "hello"', 'must return a Response'],
    ['returns a forged Response', '() => Object.create(Response.prototype)', 'must return a Response'],
    ['returns Response.error()', '() => Response.error()', 'Response.error()'],
    [
      'returns a thenable that throws',
      '() => ({ get then() { throw new RangeError("no") } })',
      'RangeError: no',
    ],
    [
      'returns a used Response',
      'async () => { const r = new Response("x"); await r.text(); return r }',
      'used already',
    ],
  ])('says why when the handler %s', async (_, program, message) => {
    realm.start(program)
    await expect(realm.fetch(URL_OF_TEST)).rejects.toThrow(message)
    expect(operations()).toEqual(['respond.fail', 'wait.done'])
    expect(JSON.stringify(realm.posted[0]!.payload).length).toBeLessThan(40_000)
  })

  it('gives the stack with the author’s lines', async () => {
    realm.start('function handler() { throw new RangeError("no") }')
    await expect(realm.fetch(URL_OF_TEST)).rejects.toMatchObject({
      stack: expect.stringMatching(/^RangeError: no\n {4}at handler/),
    })
  })

  it('refuses to send one Response twice', async () => {
    realm.start('((response) => () => response)(new Response("once"))')
    expect((await realm.fetch(URL_OF_TEST)).text).toBe('once')
    await expect(realm.fetch(URL_OF_TEST)).rejects.toThrow('make a new one for each request')
  })

  it.each([
    ['undefined', 'no default export'],
    ['null', 'no default export'],
    ['{ fetsch() {} }', 'has no function fetch, it has { fetsch: [Function: fetsch] }'],
    ['{ fetch: 1 }', 'has no function fetch'],
    ['5', 'but 5'],
  ])('refuses %s as a program', (program, message) => {
    expect(() => realm.start(program)).toThrow(message)
  })
})

describe('the life of a request', () => {
  it('keeps a request open for ctx.waitUntil and logs what fails there', async () => {
    realm.start(`(request, env, ctx) => {
      ctx.waitUntil(new Promise((resolve) => setTimeout(resolve, 5)).then(() => console.log('later')))
      ctx.waitUntil(Promise.reject(new RangeError('lost')))
      ctx.passThroughOnException()
      return new Response('now')
    }`)
    await realm.fetch(URL_OF_TEST)
    expect(operations()).not.toContain('wait.done')
    while (!operations().includes('wait.done')) await turn()
    const logs = realm.posted
      .filter(({ operation }) => operation === 'log')
      .map(({ payload }) => String(payload.text))
    expect(logs).toEqual([expect.stringMatching(/^ctx.waitUntil: RangeError: lost/), 'later'])
  })

  it('does not reopen a request that is over', async () => {
    realm.start(`(request, env, ctx) => { globalThis.late = ctx; return new Response() }`)
    await realm.fetch(URL_OF_TEST)
    await expect(realm.run('late.waitUntil(Promise.resolve())')).rejects.toThrow('after the request was over')
    expect(operations().filter((each) => each === 'wait.done')).toHaveLength(1)
  })

  it('aborts the signal of the request whose client is gone, and no other', async () => {
    realm.start(`(request) => new Promise((resolve) => {
      request.signal.addEventListener('abort', () => {
        console.log(new URL(request.url).pathname, request.signal.reason.name)
        resolve(new Response())
      })
    })`)
    for (const number of [21, 22]) {
      realm.enter('http', number, {
        method: 'GET',
        url: `http://a/${number}`,
        root: '',
        headers: [],
        body: 'none',
      })
    }
    realm.enter('abort', 22, {})
    realm.enter('abort', 22, {})
    realm.enter('abort', 99, {})
    await turn()
    const logs = realm.posted
      .filter(({ operation }) => operation === 'log')
      .map(({ payload }) => payload.text)
    expect(logs).toEqual(['/22 AbortError'])
    expect(
      realm.posted.filter(({ operation }) => operation === 'answer').map(({ payload }) => payload.request),
    ).toEqual([22])
  })

  it('answers each request to itself, whatever the order', async () => {
    realm.start(`(request) => {
      globalThis.waiting ??= []
      const mine = new Promise((resolve) => waiting.push(() => resolve(new Response(request.url))))
      if (waiting.length === 3) for (const each of waiting.reverse()) each()
      return mine
    }`)
    const urls = ['http://a/1', 'http://a/2', 'http://a/3']
    const responses = await Promise.all(urls.map((url) => realm.fetch(url)))
    expect(responses.map(({ text }) => text)).toEqual(urls)
  })
})

describe('programs that break their world', () => {
  const answers = async (damage: string): Promise<void> => {
    realm.start(`(${damage}, { fetch: (request) => {
      if (request.url.endsWith('fail')) throw new RangeError('no')
      return request.url.endsWith('later') ? (async () => new Response('fine'))() : new Response('fine')
    } })`)
    expect((await realm.fetch(URL_OF_TEST)).text).toBe('fine')
    expect((await realm.fetch(`${URL_OF_TEST}later`)).text).toBe('fine')
    expect((await realm.fetch(`${URL_OF_TEST}u/key/later`, { root: '/u/key' })).text).toBe('fine')
    await expect(realm.fetch(`${URL_OF_TEST}fail`)).rejects.toThrow('no')
  }

  it.each([
    [
      'toJSON on every prototype',
      'Object.prototype.toJSON = Array.prototype.toJSON = String.prototype.toJSON = () => ({ request: 1 })',
    ],
    ['Promise.prototype.then', 'Promise.prototype.then = () => { throw 1 }'],
    ['Promise.resolve', 'Promise.resolve = Promise.reject = Promise.withResolvers = () => 1'],
    [
      'the globals it needs',
      'globalThis.Promise = globalThis.Map = globalThis.JSON = globalThis.Uint8Array = globalThis.TypeError = undefined',
    ],
    ['Map', 'Map.prototype.get = Map.prototype.set = Map.prototype.delete = () => { throw 1 }'],
    ['JSON', 'JSON.parse = JSON.stringify = () => { throw 1 }'],
    ['array iteration', 'Array.prototype[Symbol.iterator] = () => { throw 1 }'],
    [
      'array methods',
      '["push", "shift", "splice", "map", "join", "slice", "concat"].forEach((name) => { Array.prototype[name] = () => { throw 1 } })',
    ],
    [
      'strings',
      '["slice", "indexOf", "charCodeAt", "replace", "split", "includes"].forEach((name) => { String.prototype[name] = () => { throw 1 } })',
    ],
    [
      'setters on Object.prototype',
      'for (const name of ["status", "headers", "body", "0", "request"]) Object.defineProperty(Object.prototype, name, { set() { throw 1 }, get: () => undefined, configurable: true })',
    ],
    ['Error', 'Error.prepareStackTrace = () => { throw 1 }'],
    ['Error with another kind of stack', 'Error.prepareStackTrace = () => ({ stack: 1 })'],
    ['Error without a stack', 'Error.stackTraceLimit = 0'],
    [
      'Response itself',
      'Response.prototype.constructor = null, Object.defineProperty(Response, Symbol.hasInstance, { value: () => false })',
    ],
    [
      'its prototypes, frozen',
      '[Object, Array, Promise, Function, Error, Response, Request, Headers].forEach((each) => Object.freeze(each.prototype))',
    ],
    ['console and reportError', 'globalThis.console = globalThis.reportError = () => { throw 1 }'],
  ])('still answers after the program has broken %s', async (_, damage) => {
    const statement = damage.startsWith('for ') ? `(() => { ${damage} })()` : damage
    await answers(statement)
  })

  it('knows a Response by what it is, not by what its class says', async () => {
    realm.start(`(() => {
      const real = Response
      globalThis.Response = class Fake {}
      return () => new real('real')
    })()`)
    expect((await realm.fetch(URL_OF_TEST)).text).toBe('real')
  })

  it('finds nothing of the platform’s in what it is given', async () => {
    realm.start(`(request, env, ctx) => {
      const reachable = new Set()
      const walk = (value, path) => {
        if ((typeof value !== 'object' && typeof value !== 'function') || value === null || reachable.has(value)) return
        reachable.add(value)
        for (const key of Reflect.ownKeys(value)) {
          const property = Object.getOwnPropertyDescriptor(value, key)
          for (const each of [property.value, property.get, property.set]) walk(each, path + '.' + String(key))
        }
        walk(Object.getPrototypeOf(value), path + '.__proto__')
      }
      for (const each of [request, env, ctx, Request, Response, ReadableStream, new Response('').body]) walk(each, '')
      const names = [...reachable].map((each) => typeof each === 'function' ? each.name : Object.prototype.toString.call(each))
      return Response.json(names.filter((name) => /door|job|core|slot|link|enter|settle/i.test(name)))
    }`)
    expect(JSON.parse((await realm.fetch(URL_OF_TEST)).text)).toEqual([])
  })

  it('cannot answer a request twice or answer another', async () => {
    realm.start(`(request) => {
      const response = new Response(request.url)
      let count = 0
      return { then(resolve) { resolve(response); resolve(new Response('second')); count++ } }
    }`)
    expect((await realm.fetch('http://a/x')).text).toBe('http://a/x')
    await turn()
    expect(operations()).toEqual(['answer', 'wait.done'])
  })
})
