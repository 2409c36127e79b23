import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { PlatformError, type RequestHead } from '@openzimki/core'
import { answer, bytes } from './testing/test-cell.ts'
import { KEY, REALM, TestGateway } from './testing/test-gateway.ts'

const ID = 'aaaaaaaa-bbbb-8ccc-9ddd-000000000001'

let test: TestGateway
let heads: RequestHead[]

beforeEach(async () => {
  heads = []
  test = await TestGateway.start(
    ({ head, stream }) => {
      heads.push(head)
      stream.respond(answer(200), bytes(`${head.method} ${head.path}`))
    },
    {
      randomUUID: () => 'aaaaaaaa-bbbb-4ccc-9ddd-eeeeeeeeeeee',
      trustProxy: (peer) => peer === '127.0.0.1' && trusting,
      reserved: [{ prefix: '/api/', handle: (request, response) => void response.end(`api ${request.url}`) }],
    },
  )
})

let trusting = false

afterEach(() => {
  trusting = false
  return test.close()
})

describe('a request', () => {
  it('reaches the cell with everything it needs to know', async () => {
    const { status, text, headers } = await test.ask('/u/wiki/a%20b?c=d&e', {
      headers: { 'X-Own': 'é', Accept: '*/*' },
    })
    expect([status, text, headers['content-length'], headers['content-type']]).toEqual([
      200,
      'GET /a%20b',
      '10',
      'text/plain',
    ])
    expect(heads).toEqual([
      {
        op: 'http',
        id: ID,
        realm: REALM,
        deployment: 'd'.repeat(64),
        key: KEY,
        alias: 'wiki',
        root: '/u/wiki',
        method: 'GET',
        url: `http://127.0.0.1:${test.port}/u/wiki/a%20b?c=d&e`,
        path: '/a%20b',
        query: '?c=d&e',
        headers: ['x-own', 'é', 'accept', '*/*', 'host', `127.0.0.1:${test.port}`],
        remote: '127.0.0.1',
        debug: false,
      },
    ])
  })

  it('says whether its key is for development, and what that has become', async () => {
    for (const debug of [false, true, false]) {
      test.routes.set(test.realm(), [{ id: KEY, alias: 'wiki', debug }])
      await test.ask('/u/wiki/')
      await test.ask('/', { headers: { host: 'wiki.localhost' } })
    }
    expect(heads.map(({ debug }) => debug)).toEqual([false, false, true, true, false, false])
  })

  it('on the realm’s own origin has no root, and the platform has no place there', async () => {
    const { text } = await test.ask('/api/v1/realms', { headers: { host: 'Wiki.localhost:80' } })
    expect([text, heads[0]?.root, heads[0]?.url]).toEqual([
      'GET /api/v1/realms',
      '',
      'http://Wiki.localhost:80/api/v1/realms',
    ])
  })

  it('may ask for a service by key', async () => {
    await test.ask(`/zimki?api_key=${KEY}&method=hello`)
    expect(heads[0]).toMatchObject({
      path: '/zimki',
      root: `/u/${KEY}`,
      query: `?api_key=${KEY}&method=hello`,
      key: KEY,
    })
  })

  it('counts the host of an absolute request line, for the cell too', async () => {
    await test.ask('http://wiki.localhost/x', { headers: { host: 'elsewhere' } })
    expect(heads[0]).toMatchObject({ root: '', path: '/x', url: 'http://wiki.localhost/x' })
    expect(heads[0]?.headers).toEqual(expect.arrayContaining(['host', 'wiki.localhost']))
  })

  it('cannot pose as another address, scheme or operation', async () => {
    const posing = {
      'x-forwarded-for': '9.9.9.9',
      'x-forwarded-proto': 'https',
      forwarded: 'for=9.9.9.9',
      op: 'eval',
    }
    await test.ask('/u/wiki/?op=eval', { headers: posing })
    expect(heads[0]).toMatchObject({ remote: '127.0.0.1', op: 'http' })
    expect(heads[0]?.url).toMatch(/^http:/)
    expect(heads[0]?.headers.join()).not.toMatch(/9\.9\.9\.9|https/)
  })

  it('never brings its own x-forwarded-prefix or another header of a proxy; the prefix is what its address gives', async () => {
    const forged = {
      'x-forwarded-prefix': '/u/forged',
      'X-FORWARDED-HOST': 'forged.example',
      'x-forwarded-port': '6666',
      'x-forwarded-server': 'forged',
      'x-forwarded-anything': 'forged',
      'x-real-ip': 'forged',
      via: 'kept',
    }
    for (const trusts of [false, true]) {
      trusting = trusts
      await test.ask('/u/wiki/', { headers: forged })
      await test.ask('/', { headers: { ...forged, host: 'wiki.localhost' } })
      await test.ask(`/zimki?api_key=${KEY}&method=x`, { headers: forged })
      await test.ask('/u/wiki/', { headers: { ...forged, connection: 'x-forwarded-for' } })
    }
    expect(heads.map(({ root }) => root)).toEqual(
      [1, 2].flatMap(() => ['/u/wiki', '', `/u/${KEY}`, '/u/wiki']),
    )
    for (const head of heads) {
      expect(JSON.stringify(head)).not.toMatch(/forged|6666|x-forwarded-|x-real-ip/i)
      expect(head.headers).toEqual(expect.arrayContaining(['via', 'kept']))
    }
  })

  it('cannot break out of the JSON that the cell reads', async () => {
    trusting = true
    const headers = { 'x-forwarded-for': '1"op":"eval', 'x-q': '","op":"test","y":"' }
    await test.ask('/u/wiki/"a\\?"b', { headers })
    expect(heads[0]).toMatchObject({
      op: 'http',
      remote: '1"op":"eval',
      path: '/"a\\',
      query: '?"b',
    })
  })

  it('is believed what a trusted proxy says of it: the last address, the scheme', async () => {
    trusting = true
    await test.ask('/u/wiki/', {
      headers: { 'x-forwarded-for': '6.6.6.6, 9.9.9.9', 'x-forwarded-proto': 'https' },
    })
    expect(heads[0]).toMatchObject({ remote: '9.9.9.9' })
    expect(heads[0]?.url).toMatch(/^https:/)
  })
})

describe('addresses without an application', () => {
  it('get a page with the reason and the id of the request, or JSON where that is wanted', async () => {
    const page = await test.ask('/u/nobody/')
    expect([page.status, page.headers['content-type']]).toEqual([404, 'text/html; charset=utf-8'])
    expect(page.text).toMatch(
      /There is no application at this address.*NOT_FOUND.*aaaaaaaa-bbbb-8ccc-9ddd-000000000001/s,
    )
    const json = await test.ask('/u/nobody/', { headers: { accept: 'application/json' } })
    expect(JSON.parse(json.text)).toEqual({
      error: {
        code: 'NOT_FOUND',
        message: 'There is no application at this address.',
        request: 'aaaaaaaa-bbbb-8ccc-9ddd-000000000002',
      },
    })
  })

  it('are led to the slash', async () => {
    const { status, headers } = await test.ask('/u/wiki?a=b')
    expect([status, headers.location]).toEqual([307, '/u/wiki/?a=b'])
  })

  it('go to the platform, or get a plain 404', async () => {
    expect((await test.ask('/api/v1')).text).toBe('api /api/v1')
    expect((await test.ask('/')).status).toBe(404)
    expect((await test.ask('/api/v1', { headers: { host: 'nobody.localhost' } })).status).toBe(404)
  })
})

describe('a realm', () => {
  it('that is refused says why, and no cell is asked', async () => {
    test.realm({ state: 'refused', reason: 'The balance is <0>.' })
    const { status, text } = await test.ask('/u/wiki/')
    expect([status, heads]).toEqual([503, []])
    expect(text).toContain('The balance is &lt;0&gt;.')
  })

  it('with nothing deployed says so', async () => {
    test.realm({ deployment: null })
    const { status, text } = await test.ask('/u/wiki/')
    expect([status, text.includes('Nothing is deployed here yet')]).toEqual([404, true])
  })

  it('goes over to a new deployment with the routes', async () => {
    test.realm({ deployment: 'e'.repeat(64) })
    await test.ask('/u/wiki/')
    expect(heads[0]?.deployment).toBe('e'.repeat(64))
  })

  it('without a warm cell is demanded, once for each that waits, and served', async () => {
    const { endpoint } = test.cells[0] as (typeof test.cells)[0]
    test.realm({ cells: [] })
    test.routes.onDemand = async () => void test.realm({ cells: [endpoint] })
    const answers = await Promise.all([test.ask('/u/wiki/a'), test.ask('/u/wiki/b')])
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    expect(test.routes.demanded[0]).toBe(REALM)
  })

  it.each([
    [false, 'SCRIPT_ERROR', 500, 'its owner finds the reason'],
    [true, 'SCRIPT_ERROR', 500, 'line 3: secret'],
    [false, 'NO_CAPACITY', 503, 'line 3: secret'],
    [false, 'INTERNAL', 500, 'Something failed on our side'],
  ] as const)('that cannot be started (debug %s, %s) answers %d', async (debug, code, status, text) => {
    test.realm({ cells: [] })
    test.routes.set(test.realm({ cells: [] }), [{ id: KEY, alias: 'wiki', debug }])
    test.routes.onDemand = async () => {
      throw new PlatformError(code, 'line 3: secret')
    }
    const page = await test.ask('/u/wiki/')
    expect([page.status, page.text.includes(text)]).toEqual([status, true])
    expect(test.gateway.stats().active).toBe(0)
  })

  it('spreads its requests over its cells, by what each has in flight', async () => {
    const waiting: (() => void)[] = []
    const counts = [0, 0]
    for (const index of [0, 1]) {
      await test.cell(({ stream }) => {
        counts[index] = (counts[index] ?? 0) + 1
        waiting.push(() => stream.respond(answer(200), null))
        if (waiting.length === 6) for (const respond of waiting) respond()
      })
    }
    test.realm({ cells: test.cells.slice(1).map(({ endpoint }) => endpoint) })
    await Promise.all(Array.from({ length: 6 }, (_, index) => test.ask(`/u/wiki/${index}`)))
    expect(counts).toEqual([3, 3])
  })

  it('is never asked where another machine says that it has a cell of the same id', async () => {
    const theirs = await test.cell(({ stream }) => stream.respond(answer(200), bytes('theirs')))
    expect((await test.ask('/u/wiki/')).text).toBe('GET /')
    const [ours] = test.cells
    test.realm({ cells: [{ ...theirs.endpoint, id: ours?.endpoint.id ?? '' }] })
    expect((await test.ask('/u/wiki/')).text).toBe('theirs')
    test.realm({ cells: [ours?.endpoint ?? theirs.endpoint] })
    expect((await test.ask('/u/wiki/')).text).toBe('GET /')
  })
})
