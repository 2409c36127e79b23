import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { openTestRealm, type TestRealm } from '../module-kind/testing/test-realm.ts'

let realm: TestRealm
let calls: { payload: Record<string, unknown>; text: string | null }[]
beforeEach(async () => {
  realm = await openTestRealm()
  calls = []
  realm.answer = (_, payload, bytes) => {
    calls.push({ payload, text: bytes && Buffer.from(bytes).toString() })
    const headers = ['Content-Type', 'application/json', 'set-cookie', 'a=1', 'set-cookie', 'b=2']
    return {
      payload: { status: 201, statusText: 'Made', url: 'http://b/final', headers },
      bytes: new TextEncoder().encode('{"ok":true}').buffer as ArrayBuffer,
    }
  }
})
afterEach(() => realm.dispose())

describe('fetch', () => {
  it('hands the request to the host', async () => {
    await realm.run(
      `fetch('http://b/x#fragment', { method: 'post', body: new URLSearchParams('a=ü'), headers: { 'X-A': 'b' } })`,
    )
    expect(calls).toEqual([
      {
        payload: {
          method: 'POST',
          url: expect.stringContaining('http://b/x'),
          headers: ['x-a', 'b', 'content-type', 'application/x-www-form-urlencoded;charset=UTF-8'],
          redirect: 'follow',
        },
        text: 'a=%C3%BC',
      },
    ])
  })

  it('makes a Response of the answer', async () => {
    const seen =
      await realm.run(`fetch('http://b/x').then(async (response) => [response.status, response.statusText, response.ok,
      response.url, response.redirected, response.type, response.headers.get('content-type'), response.headers.getSetCookie(),
      await response.json()])`)
    expect(seen).toEqual([
      201,
      'Made',
      true,
      'http://b/final',
      true,
      'basic',
      'application/json',
      ['a=1', 'b=2'],
      { ok: true },
    ])
  })

  it('sends a stream whole, and takes a Request', async () => {
    await realm.run(`fetch(new Request('http://b/', { method: 'PUT', redirect: 'manual', duplex: 'half',
      body: ReadableStream.from([new Uint8Array([104]), new Uint8Array([105])]) }))`)
    expect(calls[0]).toMatchObject({ payload: { method: 'PUT', redirect: 'manual' }, text: 'hi' })
  })

  it('lets a handler pass the answer on', async () => {
    realm.answer = (operation) =>
      operation === 'remote.fetch'
        ? {
            payload: { status: 200, statusText: '', url: 'http://b/', headers: ['x-a', 'b'] },
            bytes: new Uint8Array([104, 105]).buffer,
          }
        : {}
    realm.start('() => fetch("http://b/")')
    expect(await realm.fetch('http://a/')).toMatchObject({
      status: 200,
      headers: ['x-a', 'b'],
      text: 'hi',
      streamed: false,
    })
  })

  it('rejects with a TypeError that says what the host says', async () => {
    realm.answer = () => {
      throw new Error('the address 127.0.0.1 is not allowed')
    }
    const seen = await realm.run(
      `fetch('http://b/').catch((error) => [error.name, error.message, error.cause instanceof Error])`,
    )
    expect(seen).toEqual(['TypeError', 'fetch failed: the address 127.0.0.1 is not allowed', true])
  })

  it('rejects without asking the host when it is aborted already, or the request is wrong', async () => {
    const seen = await realm.run(`Promise.all([
      fetch('http://b/', { signal: AbortSignal.abort() }).catch((error) => error.name),
      fetch('/relative').catch((error) => error.name),
      fetch('http://b/', { method: 'GET', body: 'x' }).catch((error) => error.name),
    ])`)
    expect(seen).toEqual(['AbortError', 'TypeError', 'TypeError'])
    expect(calls).toEqual([])
  })

  it('rejects when it is aborted while it waits', async () => {
    realm.answer = () => new Promise(() => undefined)
    const seen = await realm.run(
      `fetch('http://b/', { signal: AbortSignal.timeout(1) }).catch((error) => error.name)`,
    )
    expect(seen).toBe('TimeoutError')
  })
})
