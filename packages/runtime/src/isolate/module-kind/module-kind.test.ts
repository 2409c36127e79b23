import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { openTestRealm, type TestRealm } from './testing/test-realm.ts'

let realm: TestRealm
beforeEach(async () => {
  realm = await openTestRealm()
})
afterEach(() => realm.dispose())

describe('answering', () => {
  it('sends a text in one message', async () => {
    realm.start('{ fetch: () => new Response("hello") }')
    const response = await realm.fetch('http://a.localhost/')
    expect(response).toMatchObject({ status: 200, text: 'hello', streamed: false })
    expect(response.headers).toEqual(['content-type', 'text/plain;charset=UTF-8'])
    expect(realm.posted.map((each) => each.operation)).toEqual(['respond', 'wait.done'])
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
})
