import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { BASE_PATH, type Client, type Route, routes } from '@openzimki/api'
import { artifactOf, digestOf, startTestControl, type TestControl } from '../testing/test-control.ts'

let test: TestControl
let owner: { client: Client; account: string; token: string }
let other: { client: Client; account: string; token: string }
let realm: string
let key: string
let deployment: string

beforeAll(async () => {
  test = await startTestControl()
  owner = await test.customer('owner')
  other = await test.customer('other')
  const body = artifactOf()
  const live = await owner.client.deployments.create({
    params: { realm: 'wiki' },
    query: { create: true },
    body,
  })
  realm = live.realmId
  key = live.key ?? ''
  deployment = live.deployment
  await owner.client.users.create({ params: { realm }, body: { username: 'ann', password: 'pw' } })
  await owner.client.groups.create({ params: { realm }, body: { name: 'staff' } })
})
afterAll(() => test.close())

/** A request of whatever shape, over a socket of its own. */
function send(
  method: string,
  path: string,
  options: { token?: string | null; body?: string | Buffer; headers?: Record<string, string> } = {},
): Promise<{ status: number; body: string; headers: Record<string, unknown> }> {
  const token = options.token === undefined ? owner.token : options.token
  const headers: Record<string, string> = { 'content-type': 'application/json', ...options.headers }
  if (token !== null) headers.authorization = `Bearer ${token}`
  return new Promise((resolve, reject) => {
    const sent = request(test.url + path, { method, headers, agent: false }, async (response) => {
      let body = ''
      for await (const chunk of response) body += chunk
      resolve({ status: response.statusCode ?? 0, body, headers: response.headers })
    })
    sent.on('error', reject)
    sent.end(options.body)
  })
}

/** Something fitting in each place of a path, so that a route gets as far as authorization. */
const fill = (path: string, of: string) => {
  const values: Record<string, string> = {
    ...{ realm: of, account: owner.account, token: owner.account, digest: digestOf('x'), deployment, key },
    ...{ host: 'www.example.com', user: 'ann', group: 'staff', secret: 'NAME' },
  }
  return BASE_PATH + path.replace(/:(\w+)/g, (_, name: string) => values[name] ?? name)
}

/** A body that the route takes. */
const bodies: Record<string, unknown> = {
  'realms.create': { name: 'new-one' },
  'realms.update': { pathForm: true },
  'deployments.missingBlobs': { digests: [] },
  'deployments.create': artifactOf(),
  'domains.create': { host: 'www.example.com' },
  'users.create': { username: 'eve', password: 'x' },
  'users.setPassword': { password: 'x' },
  'groups.create': { name: 'eves' },
  'shell.evaluate': { source: '1' },
  'secrets.set': { value: 'x' },
  'accounts.create': { name: 'eve' },
  'accounts.update': { name: 'eve' },
  'tokens.create': { name: 'eve' },
}
const all = Object.entries(routes).flatMap(([noun, actions]) =>
  Object.entries(actions as Record<string, Route>).map(([action, route]) => ({
    name: `${noun}.${action}`,
    route,
  })),
)
const bodyOf = ({ name, route }: (typeof all)[number]) =>
  route.body === 'bytes' ? 'x' : route.body ? JSON.stringify(bodies[name] ?? {}) : undefined
const codeOf = (body: string) => JSON.parse(body).error?.code

const guarded = all.filter(({ route }) => route.access !== 'public')
const ofRealms = all.filter(({ route }) => route.path.startsWith('/realms/:realm'))
const ofOperators = all.filter(({ route }) => route.access === 'operator')

describe('authorization', () => {
  it.each(guarded)('$name wants a token', async (entry) => {
    const response = await send(entry.route.method, fill(entry.route.path, realm), {
      token: null,
      body: bodyOf(entry),
    })
    expect(response.status).toBe(401)
    expect(codeOf(response.body)).toBe('UNAUTHENTICATED')
  })

  it.each(ofRealms)("$name of another account's realm answers as if there were none", async (entry) => {
    const ask = (of: string) =>
      send(entry.route.method, fill(entry.route.path, of), { token: other.token, body: bodyOf(entry) })
    const theirs = await ask(realm)
    const none = await ask('99999999-9999-4999-8999-999999999999')
    expect(theirs.status).toBe(404)
    expect(codeOf(theirs.body)).toBe('NOT_FOUND')
    expect(none.status).toBe(404)
    const named = await ask('wiki')
    expect(named.body.replaceAll('wiki', 'NAME')).toBe(
      none.body.replaceAll('99999999-9999-4999-8999-999999999999', 'NAME'),
    )
  })

  it.each(ofOperators)('$name is for operators alone', async (entry) => {
    const response = await send(entry.route.method, fill(entry.route.path, realm), { body: bodyOf(entry) })
    expect(response.status).toBe(403)
    expect(codeOf(response.body)).toBe('PERMISSION_DENIED')
  })

  it('lists only what one owns, and all to an operator', async () => {
    expect((await other.client.realms.list()).items).toEqual([])
    expect((await owner.client.realms.list()).items.map((item) => item.name)).toEqual(['wiki'])
    expect((await test.operator.realms.list()).items.map((item) => item.name)).toEqual(['wiki'])
    expect(await test.operator.realms.get({ params: { realm } })).toMatchObject({ account: owner.account })
  })

  it('lets no owner lift what the operator refused, nor make itself a token of another account', async () => {
    await test.operator.realms.update({ params: { realm }, body: { refuse: 'unpaid' } })
    const lift = owner.client.realms.update({ params: { realm }, body: { refuse: null } })
    await expect(lift).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
    await test.operator.realms.update({ params: { realm }, body: { refuse: null } })
    const steal = other.client.tokens.create({ body: { name: 'x', account: owner.account } })
    await expect(steal).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

describe('a token', () => {
  it('that is revoked is refused at once', async () => {
    const { id, token } = await owner.client.tokens.create({ body: { name: 'ci' } })
    expect((await send('GET', '/api/v1/account', { token })).status).toBe(200)
    await expect(other.client.tokens.revoke({ params: { token: id } })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
    await owner.client.tokens.revoke({ params: { token: id } })
    expect((await send('GET', '/api/v1/account', { token })).status).toBe(401)
  })

  it('that has expired is refused', async () => {
    const { token } = await owner.client.tokens.create({
      body: { name: 'ci', expiresAtMs: test.clock.nowMs() + 10 },
    })
    test.clock.advance(10)
    expect((await send('GET', '/api/v1/account', { token })).status).toBe(401)
  })

  it('is kept as a hash, and never listed', async () => {
    const { token } = await owner.client.tokens.create({ body: { name: 'secret one' } })
    expect(JSON.stringify(await owner.client.tokens.list())).not.toContain(token)
  })

  it.each(['', 'x', `zt_${'A'.repeat(43)}`, "zt_' or 1=1 --", 'null'])('%j is none', async (token) => {
    expect((await send('GET', '/api/v1/account', { token })).status).toBe(401)
  })

  it('counts in the Authorization header alone', async () => {
    for (const path of [
      `/api/v1/account?token=${owner.token}`,
      `/api/v1/account?access_token=${owner.token}`,
    ]) {
      expect((await send('GET', path, { token: null })).status).toBe(401)
    }
    const headers = { cookie: `token=${owner.token}` }
    expect((await send('GET', '/api/v1/account', { token: null, headers })).status).toBe(401)
  })

  it('of a suspended account is refused, and its realms with it', async () => {
    const third = await test.customer('third')
    const made = await third.client.realms.create({ body: { name: 'third' } })
    await test.operator.accounts.update({ params: { account: third.account }, body: { state: 'suspended' } })
    await expect(third.client.accounts.me()).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
    expect(test.control.routes.current().realms.get(made.id)?.state).toBe('refused')
    await test.operator.accounts.update({ params: { account: third.account }, body: { state: 'active' } })
    expect(test.control.routes.current().realms.get(made.id)?.state).toBe('live')
  })
})

describe('bad input', () => {
  const realmPath = () => `/api/v1/realms/${realm}`
  it.each([
    ['broken JSON', '{"name":', 400, 'INVALID_ARGUMENT'],
    ['a list for an object', '[]', 400, 'INVALID_ARGUMENT'],
    ['a number for an object', '5', 400, 'INVALID_ARGUMENT'],
    ['a wrong type', '{"name":5}', 400, 'INVALID_ARGUMENT'],
    ['an unknown key', '{"name":"a","operator":true}', 400, 'INVALID_ARGUMENT'],
    ['a prototype', '{"name":"a","__proto__":{"operator":true}}', 400, 'INVALID_ARGUMENT'],
    ['SQL for a name', `{"name":"a'; drop table realms --"}`, 400, 'INVALID_ARGUMENT'],
    ['a reserved name', '{"name":"api"}', 400, 'INVALID_ARGUMENT'],
    ['a UUID for a name', '{"name":"99999999-9999-4999-8999-999999999999"}', 400, 'INVALID_ARGUMENT'],
    ['a body that is too large', `{"name":"${'a'.repeat(70_000)}"}`, 413, 'TOO_LARGE'],
  ])('%s is refused by name', async (_, body, status, code) => {
    const response = await send('POST', '/api/v1/realms', { body })
    expect(response.status).toBe(status)
    expect(codeOf(response.body)).toBe(code)
  })

  it('names each field that is wrong', async () => {
    const response = await send('POST', `${realmPath()}/users`, { body: '{"username":"","password":7}' })
    const { issues } = JSON.parse(response.body).error.details
    expect(issues.map((issue: { path: string }) => issue.path)).toEqual(['body.username', 'body.password'])
  })

  it.each([
    ['a body that is not JSON by its type', { 'content-type': 'text/plain' }, 400],
    ['a compressed body', { 'content-encoding': 'gzip' }, 400],
    ['a charset that is none', { 'content-type': 'application/json; charset=ebcdic' }, 400],
  ])('%s is refused', async (_, headers, status) => {
    expect((await send('POST', '/api/v1/realms', { body: '{"name":"a"}', headers })).status).toBe(status)
  })

  it.each([
    ['?limit=0'],
    ['?limit=1001'],
    ['?limit=ten'],
    ['?limit=1&limit=2'],
    ['?after=x'],
    ["?after=1'--"],
    ['?unknown=1'],
    ['?after[$ne]=1'],
  ])('a list with %s is refused', async (query) => {
    expect((await send('GET', `/api/v1/realms${query}`)).status).toBe(400)
  })

  it.each([
    ['GET', '/api/v1/nothing', 404],
    ['DELETE', '/api/v1/health', 404],
    ['GET', '/api/v1/realms/%zz', 400],
    ['GET', "/api/v1/realms/x' or '1'='1", 404],
    ['GET', '/api/v1/realms/..%2f..%2fetc', 404],
    ['GET', `/api/v1/realms/${'x'.repeat(65)}`, 400],
    ['GET', '/api/v1/accounts/%00', 400],
    ['GET', '/etc/passwd', 404],
  ])('%s %s is answered %s as JSON', async (method, path, status) => {
    const response = await send(method, path.replaceAll(' ', '%20'), { token: test.operatorToken })
    expect(response.status).toBe(status)
    expect(codeOf(response.body)).toBeDefined()
  })

  it('answers an upload that is not what it is called, and closes that connection', async () => {
    const response = await send('PUT', `${realmPath()}/blobs/${digestOf('x')}`, {
      body: Buffer.alloc(1_000_000),
    })
    expect(codeOf(response.body)).toBe('INVALID_ARGUMENT')
  })

  it('never reads the body of a stranger', async () => {
    const huge = `{"a":"${'x'.repeat(60 * 1024 * 1024)}"}`
    const response = await send('POST', `${realmPath()}/deployments`, { token: null, body: huge }).catch(
      (error: NodeJS.ErrnoException) => ({ status: error.code }),
    )
    expect([401, 'ECONNRESET', 'EPIPE']).toContain(response.status)
  })
})

describe('every answer', () => {
  it('forbids storing, sniffing and framing, and does not say what serves it', async () => {
    const { headers } = await send('GET', '/api/v1/health', { token: null })
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    })
    expect(headers['x-powered-by']).toBeUndefined()
    expect(headers['access-control-allow-origin']).toBeUndefined()
  })

  it('to something that fails inside shows an id and no more; the log has the rest', async () => {
    const { objects } = test.stores
    const search = objects.search
    objects.search = async () => {
      throw new Error('secret path /var/lib')
    }
    const response = await send('GET', `/api/v1/realms/${realm}/users`)
    objects.search = search
    expect(response.status).toBe(500)
    expect(response.body).not.toContain('secret path')
    const { id } = JSON.parse(response.body).error.details
    expect(test.logged.some((line) => line.includes(id) && line.includes('secret path'))).toBe(true)
  })
})

describe('paging', () => {
  it('gives every item once, in order, whatever the size of a page', async () => {
    const third = await test.customer('pager')
    const names = Array.from({ length: 7 }, (_, n) => `page-${n}`)
    for (const name of names) await third.client.realms.create({ body: { name } })
    const seen: string[] = []
    let after: string | undefined
    do {
      const page = await third.client.realms.list({ query: { limit: 3, after } })
      seen.push(...page.items.map((item) => item.name))
      after = page.next ?? undefined
    } while (after)
    expect(seen).toEqual(names)
  })
})
