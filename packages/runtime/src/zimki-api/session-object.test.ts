import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { TestCell, type TestRealm, type TestRequest } from '../testing/test-cell.ts'

const DAY_S = 24 * 3600

/** Each path runs a line with the session as `s`, and shows what it answers. */
const LINES: Record<string, string> = {
  save: 's.n = (s.n || 0) + 1; return s.save() === s',
  look: 'return [s.n, s.creation_date, s.expires]',
  fixed: 's.creation_date = "1999"; s.save(); return s.creation_date',
  keys: 's.n = 1; s.save(); var keys = []; for (var k in s) keys.push(k); return keys',
  text: 'return "" + s',
  minutes: 's.expires = "+10m"; s.save(); return s.n',
  again: 's.n = "again"; s.save(); return s.expires',
  usual: 's.expires = null; s.save(); return s.expires',
  years: 's.expires = "+5y"; s.save(); return 1',
  past: 's.expires = Date.now() - 1; s.save(); return 1',
  wrong: 'try { s.expires = "soon"; s.save() } catch (e) { return e.message }',
  fn: 'try { s.shout = function () {}; s.save() } catch (e) { return e.message }',
  remove: 's.deleteInstance(); return [s.creation_date, s.user]',
  login: 's.n = "in"; s.expires = "+10m"; s.login("ann", "pw"); return [s.n, typeof s.creation_date]',
  logout: 's.logout(); return [s.n, s.user]',
}

/** ZIMKI-API section 4: `zimki.session` is a persistable object. */
describe('ZIMKI-API 4: zimki.session as an object', () => {
  let cell: TestCell
  let realm: TestRealm
  beforeAll(async () => {
    cell = await TestCell.open()
    const paths = Object.entries(LINES).map(
      ([path, line]) =>
        `zimki.publishPath("${path}", function () { return JSON.stringify((function (s) { ${line} })(zimki.session)) || "" })`,
    )
    realm = await cell.script(paths.join('\n'))
    await realm.evaluate('zimki_user.create({ username: "ann", password: "pw" })')
  })
  afterAll(() => cell.close())

  /** A browser: it keeps its cookie. */
  function browser(options: TestRequest = {}) {
    const own = { cookie: '', set: '' }
    const visit = async (path: keyof typeof LINES): Promise<unknown> => {
      const { headers, text } = await realm.request(`/${path}`, {
        ...options,
        headers: own.cookie ? { cookie: own.cookie } : {},
      })
      own.set = headers['set-cookie'] ?? ''
      if (own.set) own.cookie = own.set.split(';')[0]!
      return text === '' ? undefined : JSON.parse(text)
    }
    return { own, visit }
  }

  const maxAge = (set: string): number => Number(/; Max-Age=(\d+);/.exec(set)?.[1])

  it('its cookie is Secure on https, and only there', async () => {
    const [safe, plain] = [browser({ scheme: 'https' }), browser()]
    await Promise.all([safe.visit('save'), plain.visit('save')])
    expect(safe.own.set).toMatch(/; HttpOnly; SameSite=Lax; Secure$/)
    expect(plain.own.set).toMatch(/; HttpOnly; SameSite=Lax$/)
  })

  it('save answers it, and keeps it and its cookie for 30 days from then', async () => {
    const { own, visit } = browser()
    expect(await visit('save')).toBe(true)
    expect(maxAge(own.set)).toBe(30 * DAY_S)
    await visit('look')
    expect(own.set).toBe('')
    await visit('save')
    expect(maxAge(own.set)).toBe(30 * DAY_S)
    expect(await visit('look')).toEqual([2, expect.any(String), null])
  })

  it('its cookie lasts as long when the store takes its time', async () => {
    const { objects } = cell
    const batch = objects.batch.bind(objects)
    objects.batch = async (...args) => {
      await sleep(600)
      return batch(...args)
    }
    try {
      const { own, visit } = browser()
      await visit('save')
      expect(maxAge(own.set)).toBe(30 * DAY_S)
    } finally {
      objects.batch = batch
    }
  })

  it('creation_date is set when it is first stored, and by nobody else', async () => {
    const { visit } = browser()
    expect(await visit('look')).toEqual([null, null, null])
    const date = await visit('fixed')
    expect(date).toMatch(/^20\d\d-\d\d-\d\dT/)
    expect(await visit('fixed')).toBe(date)
  })

  it('for...in meets its own properties alone, and it may be used as a string', async () => {
    const { visit } = browser()
    expect(await visit('keys')).toEqual(['n'])
    expect(await visit('text')).toBe('[zimki.session]')
  })

  it('expires is settable, stays over later saves, and goes back to the usual', async () => {
    const { own, visit } = browser()
    const atMs = Date.now() + 600_000
    await visit('save')
    await visit('minutes')
    expect(Math.abs(maxAge(own.set) - 600)).toBeLessThanOrEqual(1)
    const expires = await visit('again')
    expect(Math.abs(Date.parse(String(expires)) - atMs)).toBeLessThan(30_000)
    expect(await visit('again')).toBe(expires)
    expect(maxAge(own.set)).toBeLessThanOrEqual(600)
    expect(await visit('usual')).toBeNull()
    expect(maxAge(own.set)).toBe(30 * DAY_S)
    await visit('years')
    expect(maxAge(own.set)).toBe(400 * DAY_S)
  })

  it('is gone once it has expired', async () => {
    const { own, visit } = browser()
    await visit('save')
    const before = own.cookie
    await visit('past')
    expect(maxAge(own.set)).toBe(0)
    own.cookie = before
    expect(await visit('look')).toEqual([null, null, null])
  })

  it('refuses an expires that is none and a value that cannot be stored, by name', async () => {
    const { visit } = browser()
    expect(await visit('wrong')).toMatch(/^expires: "soon"/)
    expect(await visit('fn')).toMatch(/^shout cannot be stored/)
    expect(await visit('look')).toEqual([null, null, null])
  })

  it('deleteInstance ends it and its cookie, also for a copy of the cookie', async () => {
    const { own, visit } = browser()
    await visit('login')
    const copy = own.cookie
    expect(await visit('remove')).toEqual([null, null])
    expect(own.set).toMatch(/^zimki_session=; Path=\/; Max-Age=0; /)
    own.cookie = copy
    expect(await visit('look')).toEqual([null, null, null])
    const sessions = await cell.objects.search(realm.realm, 'zimki_session', {})
    expect(sessions.map(({ id }) => id)).not.toContain(copy.split('=')[1])
  })

  it('keeps its expires over login and logout', async () => {
    const { own, visit } = browser()
    await visit('save')
    expect(await visit('login')).toEqual(['in', 'string'])
    expect(maxAge(own.set)).toBeLessThanOrEqual(600)
    expect(await visit('logout')).toEqual(['in', null])
    expect(maxAge(own.set)).toBeLessThanOrEqual(600)
  })
})
