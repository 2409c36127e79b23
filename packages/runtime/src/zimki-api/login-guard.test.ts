import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { TestCell, type TestRealm } from '../testing/test-cell.ts'

const PROGRAM = `
zimki.publishPath("/login", function (a) { try { zimki.session.login(a.u, a.p); return "in as " + zimki.session.user } catch (e) { return e.message } })
zimki.publishPath("/logout", function () { zimki.session.logout(); return "out" })
zimki.publishPath("/properties", function () { return JSON.stringify(zimki.session) })`

const REFUSED = /^too many wrong passwords for this name: try again in \d+ s$/

/** ZIMKI-API section 4: what a login does when somebody guesses. */
describe('ZIMKI-API 4: zimki.session.login and those who guess', () => {
  let cell: TestCell
  let realm: TestRealm
  beforeEach(async () => {
    cell = await TestCell.open()
    realm = await cell.script(PROGRAM)
    await realm.evaluate(
      '["ann", "bob"].forEach(function (n) { zimki_user.create({ username: n, password: "correct" }) })',
    )
  })
  afterEach(() => cell.close())

  async function visit(path: string, cookie = '') {
    const { text, headers } = await realm.request(path, { headers: cookie ? { cookie } : {} })
    return { text, cookie: headers['set-cookie']?.split(';')[0] ?? cookie }
  }

  async function guess(times: number, name: string): Promise<string[]> {
    const texts: string[] = []
    for (let index = 0; index < times; index++) texts.push((await visit(`/login?u=${name}&p=${index}`)).text)
    return texts
  }

  it.each(['ann', 'nobody'])(
    'throws for %s after 10 wrong ones, even for the right one, and the log says so',
    async (name) => {
      expect(new Set(await guess(10, name))).toEqual(new Set(['wrong username or password']))
      expect((await visit(`/login?u=${name}&p=correct`)).text).toMatch(REFUSED)
      expect((await visit('/login?u=bob&p=correct')).text).toBe('in as bob')
      const lines = cell.logs.filter(({ text }) => text.startsWith('logins as'))
      expect(lines).toEqual([
        expect.objectContaining({
          realm: realm.realm,
          level: 'warn',
          text: `logins as "${name}" from "127.0.0.1" are refused for 15 s: wrong passwords in a row: 10`,
        }),
      ])
    },
  )

  it('looks up and hashes nothing for a try that is refused', async () => {
    const { objects } = cell
    const get = objects.get.bind(objects)
    let looks = 0
    objects.get = (of, className, id) => {
      if (className === 'zimki_user') looks++
      return get(of, className, id)
    }
    realm = await cell.script(PROGRAM)
    await guess(10, 'ann')
    expect(looks).toBe(10)
    const texts = await guess(100, 'ann')
    expect(texts.every((text) => REFUSED.test(text))).toBe(true)
    expect(looks).toBe(10)
  })

  it('goes on to take the right password in a browser in which this user, and no other, has logged in before', async () => {
    const anns = (await visit('/login?u=ann&p=correct')).cookie
    const left = (await visit('/logout', anns)).cookie
    const bobs = (await visit('/login?u=bob&p=correct')).cookie
    await guess(11, 'ann')
    expect((await visit('/login?u=ann&p=correct')).text).toMatch(REFUSED)
    expect((await visit('/login?u=ann&p=correct', bobs)).text).toMatch(REFUSED)
    expect((await visit('/login?u=ann&p=correct', anns)).text).toMatch(REFUSED)
    expect((await visit('/login?u=ann&p=correct', left)).text).toBe('in as ann')
    expect((await visit('/properties', left)).text).toBe('{}')
  })

  it('counts in each realm for itself', async () => {
    const other = await cell.script(PROGRAM)
    await guess(11, 'ann')
    expect(await other.text('/login?u=ann&p=x')).toBe('wrong username or password')
  })
})
