import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { openTestRealm, type TestRealm } from './testing/test-realm.ts'

/*
 * A small router in the manner of today's frameworks: middleware around handlers, a context with helpers, responses that are
 * made anew from others. What it leans on is what they lean on.
 */
const PROGRAM = `(() => {
  const routes = []
  class Context {
    #headers = new Headers()
    constructor(req, env, executionCtx, params) {
      Object.assign(this, { req, env, executionCtx, params })
    }
    header(name, value) { this.#headers.set(name, value) }
    text(body, status = 200) { return this.#make(body, status, 'text/plain; charset=UTF-8') }
    json(body, status = 200) { return this.#make(JSON.stringify(body), status, 'application/json') }
    #make(body, status, type) {
      const headers = new Headers(this.#headers)
      headers.set('Content-Type', type)
      return new Response(body, { status, headers })
    }
  }
  const on = (method, path, handler) =>
    routes.push([method, new RegExp('^' + path.replace(/:(\\w+)/g, '(?<$1>[^/]+)') + '$'), handler])
  on('GET', '/users/:id', (c) => c.json({ id: c.params.id, q: new URL(c.req.url).searchParams.getAll('q'), name: c.env.NAME }))
  on('POST', '/form', async (c) => {
    const form = await c.req.formData()
    const file = form.get('file')
    return c.json({ fields: [...form.keys()], a: form.get('a'), name: file?.name, size: file?.size, text: await file?.text() })
  })
  on('POST', '/echo', async (c) => new Response(c.req.clone().body, { headers: c.req.headers }))
  on('GET', '/stream', () => {
    const { readable, writable } = new TransformStream()
    const writer = writable.getWriter()
    const encoder = new TextEncoder()
    ;(async () => {
      for (const part of ['a', 'b', 'c']) await writer.write(encoder.encode(part))
      await writer.close()
    })()
    return new Response(readable, { headers: { 'content-type': 'text/event-stream' } })
  })
  on('GET', '/id', (c) => c.text(crypto.randomUUID()))
  on('GET', '/boom', () => { throw new Error('boom') })
  const route = (req, env, ctx) => {
    const { pathname } = new URL(req.url)
    for (const [method, pattern, handler] of routes) {
      const match = req.method === method && pattern.exec(pathname)
      if (match) return handler(new Context(req, env, ctx, { ...match.groups }))
    }
    return new Response('404 Not Found', { status: 404 })
  }
  return { async fetch(req, env, ctx) {
    try {
      const response = await route(req, env, ctx)
      const copy = new Response(response.body, response)
      copy.headers.append('x-powered-by', 'router')
      return copy
    } catch (error) {
      return new Response(error.message, { status: 500 })
    }
  } }
})()`

let realm: TestRealm
beforeAll(async () => {
  realm = await openTestRealm()
  realm.start(PROGRAM, { NAME: 'wiki' })
})
afterAll(() => realm.dispose())

describe('a program with a router and middleware', () => {
  it('routes with parameters and query', async () => {
    const response = await realm.fetch('http://a/users/7?q=1&q=%C3%BC')
    expect(JSON.parse(response.text)).toEqual({ id: '7', q: ['1', 'ü'], name: 'wiki' })
    expect(response.headers).toEqual(['content-type', 'application/json', 'x-powered-by', 'router'])
  })

  it('reads forms of both kinds', async () => {
    const plain = await realm.fetch('http://a/form', {
      method: 'POST',
      headers: ['content-type', 'application/x-www-form-urlencoded'],
      body: 'a=1+2&b=3',
    })
    expect(JSON.parse(plain.text)).toEqual({ fields: ['a', 'b'], a: '1 2' })
    const form = new FormData()
    form.append('a', 'x')
    form.append('file', new File(['content'], 'naïve.txt', { type: 'text/plain' }))
    const sent = new Request('http://a/form', { method: 'POST', body: form })
    const multipart = await realm.fetch('http://a/form', {
      method: 'POST',
      headers: ['content-type', sent.headers.get('content-type')!],
      body: await sent.bytes(),
    })
    expect(JSON.parse(multipart.text)).toEqual({
      fields: ['a', 'file'],
      a: 'x',
      name: 'naïve.txt',
      size: 7,
      text: 'content',
    })
  })

  it('echoes', async () => {
    const response = await realm.fetch('http://a/echo', {
      method: 'POST',
      headers: ['x-a', 'b'],
      body: 'hello',
    })
    expect(response).toMatchObject({ text: 'hello', headers: ['x-a', 'b', 'x-powered-by', 'router'] })
  })

  it('streams through a transform', async () => {
    expect(await realm.fetch('http://a/stream')).toMatchObject({ text: 'abc', streamed: true })
  })

  it('answers what it does not know, and what it throws', async () => {
    expect(await realm.fetch('http://a/none')).toMatchObject({ status: 404 })
    expect(await realm.fetch('http://a/boom')).toMatchObject({ status: 500, text: 'boom' })
    expect((await realm.fetch('http://a/id')).text).toMatch(/^[0-9a-f-]{36}$/)
  })
})
