import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Client } from '@openzimki/api'
import { REALM_GROUP_CLASS, REALM_USER_CLASS } from '@openzimki/core'
import { verifyPassword } from '@openzimki/core/password-hash'
import { artifactOf, startTestControl, type TestControl } from './testing/test-control.ts'

let test: TestControl
let client: Client
let account: string
const params = { realm: 'wiki' }

beforeEach(async () => {
  test = await startTestControl()
  const customer = await test.customer()
  client = customer.client
  account = customer.account
})
afterEach(() => test.close())

const deploy = (realm = 'wiki') =>
  client.deployments.create({ params: { realm }, query: { create: true }, body: artifactOf() })
const snapshot = () => test.control.routes.current()

describe('a realm', () => {
  it('gets its name as alias where that is free, and a key without alias where not', async () => {
    await client.realms.create({ body: { name: 'wiki' } })
    const other = (await test.customer()).client
    const theirs = await other.realms.create({ body: { name: 'wiki' } })
    const { items } = await other.keys.list({ params: { realm: theirs.id } })
    expect(items).toMatchObject([{ alias: null }])
    expect(theirs.url).toBe(`http://127.0.0.1:8080/u/${items[0]?.id}/`)
  })

  it('has a name of its own within its account', async () => {
    await client.realms.create({ body: { name: 'wiki' } })
    await expect(client.realms.create({ body: { name: 'wiki' } })).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
    })
    await client.realms.create({ body: { name: 'blog' } })
    const rename = client.realms.update({ params: { realm: 'blog' }, body: { name: 'wiki' } })
    await expect(rename).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
  })

  it('that is deleted leaves nothing: routes, cells, objects, files, logs', async () => {
    const { realmId, deployment } = await deploy()
    await client.users.create({ params, body: { username: 'ann', password: 'pw' } })
    await client.realms.delete({ params })
    expect(snapshot().realms.has(realmId)).toBe(false)
    expect(snapshot().keys.has('wiki')).toBe(false)
    expect(test.agent.unloads).toEqual([`${realmId} ${deployment}`])
    expect(await test.stores.objects.listClasses(realmId)).toEqual([])
    expect(await test.stores.refs.list(realmId)).toEqual([])
    await expect(client.realms.get({ params })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(deploy()).resolves.toMatchObject({ alias: 'wiki', created: true })
  })

  it('whose removal was cut short by a crash is removed at the next start', async () => {
    const { realmId } = await deploy()
    const { objects } = test.stores
    const deleteRealm = objects.deleteRealm
    objects.deleteRealm = async () => {
      throw new Error('crash')
    }
    await expect(client.realms.delete({ params })).rejects.toMatchObject({ code: 'INTERNAL' })
    objects.deleteRealm = deleteRealm
    expect(await test.stores.refs.list(realmId)).not.toEqual([])
    await test.restart()
    expect(await test.stores.refs.list(realmId)).toEqual([])
  })

  it('keeps its account from being deleted', async () => {
    await client.realms.create({ body: { name: 'wiki' } })
    const drop = () => test.operator.accounts.delete({ params: { account } })
    await expect(drop()).rejects.toMatchObject({ code: 'CONFLICT' })
    await client.realms.delete({ params })
    await drop()
    await expect(client.accounts.me()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  })

  it('of one name in several accounts must be named by id by an operator', async () => {
    const mine = await client.realms.create({ body: { name: 'wiki' } })
    await (await test.customer()).client.realms.create({ body: { name: 'wiki' } })
    await expect(test.operator.realms.get({ params })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(await test.operator.realms.get({ params: { realm: mine.id } })).toMatchObject({ account })
  })
})

describe('a key', () => {
  it('is routed by id and alias until it is revoked, and then its alias is free', async () => {
    const { realmId } = await deploy()
    const key = await client.keys.create({ params, body: { alias: 'second', debug: true } })
    expect(snapshot().keys.get('second')).toEqual({
      id: key.id,
      alias: 'second',
      realm: realmId,
      debug: true,
    })
    await client.keys.revoke({ params: { ...params, key: 'second' } })
    expect(snapshot().keys.has('second')).toBe(false)
    expect(snapshot().keys.has(key.id)).toBe(false)
    const other = (await test.customer()).client
    await other.realms.create({ body: { name: 'second' } })
    expect(snapshot().keys.get('second')?.realm).not.toBe(realmId)
  })

  it('cannot take an alias that any key has', async () => {
    await client.realms.create({ body: { name: 'wiki' } })
    const other = (await test.customer()).client
    await other.realms.create({ body: { name: 'blog' } })
    const of = { params: { realm: 'blog' } }
    await expect(other.keys.create({ ...of, body: { alias: 'wiki' } })).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
    })
    const update = other.keys.update({ params: { realm: 'blog', key: 'blog' }, body: { alias: 'wiki' } })
    await expect(update).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
  })

  it('of another realm of the same account is not found', async () => {
    await client.realms.create({ body: { name: 'wiki' } })
    await client.realms.create({ body: { name: 'blog' } })
    const revoke = client.keys.revoke({ params: { realm: 'wiki', key: 'blog' } })
    await expect(revoke).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('changes its alias: the old one stops answering', async () => {
    await client.realms.create({ body: { name: 'wiki' } })
    await client.keys.update({ params: { ...params, key: 'wiki' }, body: { alias: 'pedia' } })
    expect(snapshot().keys.has('wiki')).toBe(false)
    expect(snapshot().keys.has('pedia')).toBe(true)
  })
})

describe('a domain', () => {
  it('leads to a key, belongs to one realm alone, and goes with its key', async () => {
    const { key } = await deploy()
    await client.domains.create({ params, body: { host: 'www.example.com' } })
    expect(snapshot().domains.get('www.example.com')).toBe(key)
    const other = (await test.customer()).client
    await other.realms.create({ body: { name: 'blog' } })
    const steal = other.domains.create({ params: { realm: 'blog' }, body: { host: 'www.example.com' } })
    await expect(steal).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
    await client.keys.revoke({ params: { ...params, key: 'wiki' } })
    expect(snapshot().domains.has('www.example.com')).toBe(false)
  })

  it.each([
    'x.localhost',
    'WWW.example.com',
    '127.0.0.1',
    'localhost',
    '*.example.com',
    'a..b',
    '-a.com',
    'example',
  ])('%s is refused', async (host) => {
    await client.realms.create({ body: { name: 'wiki' } })
    await expect(client.domains.create({ params, body: { host } })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
  })
})

describe('users of a realm', () => {
  const store = () => test.stores.objects
  const create = (username = 'ann') => client.users.create({ params, body: { username, password: 'pw' } })

  it('are objects in its store, with a hash for a password that is never shown', async () => {
    const { realmId } = await deploy()
    const user = await create()
    expect(user).toEqual({ id: user.id, username: 'ann', createdAt: expect.any(String), groups: [] })
    const object = await store().get(realmId, REALM_USER_CLASS, user.id)
    expect(await verifyPassword('pw', object?.data.password)).toBe(true)
    expect(await verifyPassword('PW', object?.data.password)).toBe(false)
  })

  it('are unique by name, also when created at once', async () => {
    await deploy()
    const results = await Promise.allSettled([create(), create(), create()])
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1)
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'ALREADY_EXISTS' })
    }
  })

  it('keep their own properties when the password is set', async () => {
    const { realmId } = await deploy()
    const { id } = await create()
    const object = (await store().get(realmId, REALM_USER_CLASS, id))!
    const data = { ...object.data, colour: 'red' }
    await store().batch(realmId, 1, [{ op: 'put', className: REALM_USER_CLASS, id, data }])
    await client.users.setPassword({ params: { ...params, user: 'ann' }, body: { password: 'new' } })
    const after = await store().get(realmId, REALM_USER_CLASS, id)
    expect(after?.data.colour).toBe('red')
    expect(await verifyPassword('new', after?.data.password)).toBe(true)
  })

  it('are in groups, and leave them when they are deleted', async () => {
    const { realmId } = await deploy()
    const ann = await create()
    await client.groups.create({ params, body: { name: 'staff' } })
    const member = { params: { ...params, group: 'staff', user: 'ann' } }
    await client.groups.addMember(member)
    expect(await client.groups.addMember(member)).toMatchObject({ members: [ann.id] })
    expect((await client.users.get({ params: { ...params, user: 'ann' } })).groups).toEqual(['staff'])
    await client.users.delete({ params: { ...params, user: 'ann' } })
    expect((await client.groups.list({ params })).items).toMatchObject([{ name: 'staff', members: [] }])
    expect(await store().count(realmId, REALM_USER_CLASS, {})).toBe(0)
  })

  it('list by name in pages; a realm that has none gives none', async () => {
    await deploy()
    expect(await client.users.list({ params })).toEqual({ items: [], next: null })
    for (const name of ['cy', 'ann', 'bob']) await create(name)
    const first = await client.users.list({ params, query: { limit: 2 } })
    const rest = await client.users.list({ params, query: { limit: 2, after: first.next ?? '' } })
    expect([...first.items, ...rest.items].map((user) => user.username)).toEqual(['ann', 'bob', 'cy'])
    expect(rest.next).toBeNull()
  })

  it('may have a group that the program made, which is found by its name', async () => {
    const { realmId } = await deploy()
    await create()
    const id = '44444444-4444-4444-8444-444444444444'
    await store().batch(realmId, 1, [
      { op: 'createClass', className: REALM_GROUP_CLASS },
      { op: 'put', className: REALM_GROUP_CLASS, id, data: { name: 'made' } },
    ])
    const added = await client.groups.addMember({ params: { ...params, group: 'made', user: 'ann' } })
    expect(added).toMatchObject({ id, members: [expect.any(String)] })
  })
})

describe('a secret', () => {
  it('rests sealed, is listed by name alone, reaches the program, and a change loads it anew', async () => {
    const { realmId, deployment } = await deploy()
    const one = { ...params, secret: 'API_KEY' }
    await client.secrets.set({ params: one, body: { value: 'first-value' } })
    expect(test.agent.unloads).toEqual([`${realmId} ${deployment}`])
    await test.control.routes.demand(realmId)
    expect(test.agent.loads.at(-1)?.env).toEqual({ API_KEY: 'first-value' })
    expect(await client.secrets.list({ params })).toMatchObject({ items: [{ name: 'API_KEY' }] })
    await client.secrets.delete({ params: one })
    await test.control.routes.demand(realmId)
    expect(test.agent.loads.at(-1)?.env).toEqual({})
  })

  it.each(['__proto__', 'constructor', 'a-b', '1a', 'a=b'])('cannot be called %s', async (secret) => {
    await client.realms.create({ body: { name: 'wiki' } })
    const set = client.secrets.set({ params: { ...params, secret }, body: { value: 'x' } })
    await expect(set).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })
})
