import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { TestCell, type TestRealm } from '../testing/test-cell.ts'

const PROGRAM = `
zimki.publishPath("/count", function () { var s = zimki.session; s.n = (s.n || 0) + 1; s.save(); return String(s.n) })
zimki.publishPath("/peek", function () { return String(zimki.session.n) })
zimki.publishPath("/id", function () { return zimki.session.id })
zimki.publishPath("/login", function (a) { try { zimki.session.login(a.u, a.p); return "in as " + zimki.session.user } catch (e) { return e.message } })
zimki.publishPath("/who", function () { var u = zimki.session.user; return u ? u.username : "nobody" })
zimki.publishPath("/logout", function () { zimki.session.logout(); return "out" })`

/** ZIMKI-API section 4: sessions and users. */
describe('ZIMKI-API 4: sessions and users', () => {
  let cell: TestCell
  let realm: TestRealm
  beforeAll(async () => {
    cell = await TestCell.open()
    realm = await cell.script(PROGRAM)
    await realm.evaluate('zimki_user.create({ username: "ann", password: "correct horse", email: "a@b" })')
  })
  afterAll(() => cell.close())

  async function visit(path: string, cookie = '', more: { root?: string } = {}) {
    const answer = await realm.request(path, { headers: cookie ? { cookie } : {}, ...more })
    const set = answer.headers['set-cookie']
    return { text: answer.text, set, cookie: set ? set.split(';')[0]! : cookie }
  }

  it('keeps properties across requests of one browser by an HttpOnly, SameSite=Lax cookie of the path', async () => {
    const first = await visit('/u/abc/count', '', { root: '/u/abc' })
    expect(first.set).toMatch(/^zimki_session=[0-9a-f-]{36}; Path=\/u\/abc\/; .*HttpOnly; SameSite=Lax$/)
    expect((await visit('/count', first.cookie)).text).toBe('2')
    expect((await visit('/count')).text).toBe('1')
  })

  it('sets no cookie where the program does not keep a session', async () => {
    expect((await visit('/peek')).set).toBeUndefined()
  })

  it('does not believe a session id that it did not make (fixation)', async () => {
    const forged = 'zimki_session=11111111-1111-4111-8111-111111111111'
    const { set, text } = await visit('/id', forged)
    expect(text).not.toContain('11111111')
    expect(set).toBeDefined()
  })

  it('zimki.session.id stays the same for the browser', async () => {
    const first = await visit('/id')
    expect((await visit('/id', first.cookie)).text).toBe(first.text)
  })

  it('login throws if the pair is wrong, and makes a new session id that keeps the properties', async () => {
    const before = await visit('/count')
    expect((await visit('/login?u=ann&p=wrong', before.cookie)).text).toBe('wrong username or password')
    expect((await visit('/login?u=nobody&p=wrong', before.cookie)).text).toBe('wrong username or password')
    const after = await visit('/login?u=ann&p=correct%20horse', before.cookie)
    expect(after.text).toBe('in as ann')
    expect(after.cookie).not.toBe(before.cookie)
    expect((await visit('/who', after.cookie)).text).toBe('ann')
    expect((await visit('/count', after.cookie)).text).toBe('2')
    expect((await visit('/who', before.cookie)).text).toBe('nobody')
  })

  it('logout ends it, also for a copy of the cookie', async () => {
    const { cookie } = await visit('/login?u=ann&p=correct%20horse')
    const out = await visit('/logout', cookie)
    expect((await visit('/who', out.cookie)).text).toBe('nobody')
    expect((await visit('/who', cookie)).text).toBe('nobody')
  })

  it('a username is unique; a password is stored hashed and never read back', async () => {
    const twice = await realm.evaluate('zimki_user.create({ username: "ann", password: "x" })')
    expect(twice.error?.message).toMatch(/already/)
    const read = await realm.evaluate('JSON.stringify(zimki_user.get({ username: "ann" }))')
    expect(read.value).not.toMatch(/password|correct|scrypt/)
    const [stored] = await cell.objects.search(realm.realm, 'zimki_user', { terms: { username: 'ann' } })
    expect(stored!.data.password).toMatch(/^scrypt\$16384\$8\$1\$/)
  })

  it.each([
    'zimki_user.search({ password__startswith: "scrypt" })',
    'zimki_user.search({ "password__gt:numeric": 1 })',
    'zimki_user.search({ password: null })',
    'zimki_user.get({ password__contains: "$" })',
    'zimki_user.search({}, { order_by: "password" })',
    'zimki_user.search({}, { order_by: ["username", "-password"] })',
    'zimki_user.search({}, { order_by: "-password:numeric" })',
  ])('a password cannot be read by searching for it: %s', async (source) => {
    const { error } = await realm.evaluate(source)
    expect(error?.message).toMatch(/password of a zimki_user can be neither searched for nor ordered by/)
  })

  it('a user in hand forgets the password once it is stored', async () => {
    const { value } = await realm.evaluate(`(function () {
      var u = zimki_user.create({ username: "cleo", password: "asp" }), created = u.password;
      u.password = "viper"; u.save(); return [created, u.password, JSON.stringify(u)].join() })()`)
    expect(value).not.toMatch(/asp|viper/)
    expect((await visit('/login?u=cleo&p=viper')).text).toBe('in as cleo')
  })

  it('saving a user without a password keeps the old one; setting one changes it', async () => {
    await realm.evaluate('zimki_user.create({ username: "bob", password: "one" })')
    await realm.evaluate('var u = zimki_user.get({ username: "bob" }); u.email = "b@c"; u.save()')
    expect((await visit('/login?u=bob&p=one')).text).toBe('in as bob')
    await realm.evaluate('u = zimki_user.get({ username: "bob" }); u.password = "two"; u.save()')
    expect((await visit('/login?u=bob&p=one')).text).toBe('wrong username or password')
    expect((await visit('/login?u=bob&p=two')).text).toBe('in as bob')
  })

  it('a password of null lets nobody in, and one that is no text is refused', async () => {
    await realm.evaluate('zimki_user.create({ username: "eve", password: "apple" })')
    await realm.evaluate('var u = zimki_user.get({ username: "eve" }); u.password = null; u.save()')
    for (const password of ['apple', 'null', ''])
      expect((await visit(`/login?u=eve&p=${password}`)).text).toBe('wrong username or password')
    const { error } = await realm.evaluate('zimki_user.create({ username: "fay", password: 1234 })')
    expect(error?.message).toMatch(/password of a zimki_user is text, not a number/)
  })

  it('user.groups, group.add and group.remove', async () => {
    const { value, error } = await realm.evaluate(`(function () {
      var g = zimki_group.create({ name: "editors" }), u = zimki_user.get({ username: "ann" });
      g.add(u); var within = u.groups.map(function (x) { return x.name }).join(); g.remove(u);
      return within + "/" + u.groups.length })()`)
    expect([error, value]).toEqual([null, '"editors/0"'])
  })
})
