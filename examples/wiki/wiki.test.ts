import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Browser, type Page } from '../browser.ts'
import { startServer, type TestServer } from '../harness.ts'

let server: TestServer
let base: string
beforeAll(async () => {
  server = await startServer()
  base = (await server.deploy('wiki', 'wiki')).url
}, 60_000)
afterAll(() => server?.close())

const tokenOf = (page: Page): string => /name="token" value="([^"]+)"/.exec(page.text)?.[1] ?? ''

/** Somebody who has joined. */
async function member(username: string): Promise<Browser> {
  const browser = new Browser(base)
  const joined = await browser.post('/login', { username, password: 'a long password', join: '1' })
  expect(joined.status).toBe(302)
  return browser
}

async function save(
  browser: Browser,
  name: string,
  fields: { base: number; text: string; comment?: string },
) {
  const token = tokenOf(await browser.get(`/edit?name=${encodeURIComponent(name)}`))
  return browser.post('/save', { comment: '', ...fields, base: String(fields.base), name, token })
}

describe('the wiki', () => {
  it('greets a stranger, with its style sheet', async () => {
    const stranger = new Browser(base)
    const front = await stranger.get('/')
    expect(front.status).toBe(200)
    expect(front.text).toContain('<strong>wiki</strong>')
    const css = await stranger.get('/wiki.css')
    expect(css.headers.get('content-type')).toBe('text/css; charset=utf-8')
  })

  it('lets members write, and keeps every revision', async () => {
    const ada = await member('ada')
    const saved = await save(ada, 'Engines', { base: 0, text: 'The **first** engine', comment: 'begun' })
    expect(ada.locationOf(saved)).toBe('/page/Engines')
    await save(ada, 'Engines', { base: 1, text: 'The **second** engine', comment: 'better' })

    const page = await ada.get('/page/Engines')
    expect(page.text).toContain('The <strong>second</strong> engine')
    expect(page.text).toMatch(/Revision 2 by\s+<strong>ada<\/strong>/)
    const history = await ada.get('/history?name=Engines')
    expect(history.text).toMatch(/Revision 2[\s\S]*better[\s\S]*Revision 1[\s\S]*begun/)
    expect((await ada.get('/revision?name=Engines&number=1')).text).toContain('<strong>first</strong>')
    const diff = await ada.get('/diff?name=Engines&from=1&to=2')
    expect(diff.text).toMatch(/class="removed"[^\n]*first[\s\S]*class="added"[^\n]*second/)
    expect((await ada.get('/recent')).text).toContain('Engines')
    expect((await new Browser(base).get('/search?words=SECOND')).text).toContain('>Engines</a>')
  })

  it('tells who comes late, and changes nothing', async () => {
    const grace = await member('grace')
    await save(grace, 'Late', { base: 0, text: 'first' })
    const late = await save(grace, 'Late', { base: 0, text: 'mine <b>' })
    expect(late.status).toBe(409)
    expect(late.text).toContain('mine &lt;b&gt;')
    expect((await grace.get('/page/Late')).text).toContain('first')
  })

  it('lets nobody write who is not logged in, or whose form is not ours', async () => {
    const stranger = new Browser(base)
    expect(stranger.locationOf(await stranger.get('/edit?name=Engines'))).toBe('/login?name=Engines')
    expect((await stranger.post('/save', { name: 'Engines', text: 'spam', base: '0' })).status).toBe(302)
    const member1 = await member('linus')
    expect((await member1.post('/save', { name: 'Spam', text: 'spam', base: '0' })).status).toBe(400)
    expect((await member1.get('/page/Spam')).status).toBe(404)
  })

  it('refuses a wrong password and a name that is taken', async () => {
    await member('edsger')
    const thief = new Browser(base)
    expect(
      (await thief.post('/login', { username: 'edsger', password: 'a wrong guess', login: '1' })).status,
    ).toBe(403)
    expect(
      (await thief.post('/login', { username: 'edsger', password: 'another one', join: '1' })).status,
    ).toBe(403)
    const right = await thief.post('/login', { username: 'edsger', password: 'a long password', login: '1' })
    expect(right.status).toBe(302)
    expect((await thief.get('/')).text).toContain('<span>edsger</span>')
  })

  it('shows text as text, whatever it holds', async () => {
    const mallory = await member('mallory')
    const text = '<script>alert(1)</script> [[x" onmouseover="alert(1)]] https://a.example/"onclick=x'
    await save(mallory, 'Trap', { base: 0, text, comment: '<img src=x>' })
    for (const path of [
      '/page/Trap',
      '/diff?name=Trap&from=0&to=1',
      '/history?name=Trap',
      '/search?words=alert',
      '/recent',
    ]) {
      const page = await mallory.get(path)
      expect(page.text).not.toMatch(/<script>alert|<img src=x|" on(?:mouseover|click)=/)
    }
  })

  it('passes its own unit tests, on a copy', async () => {
    const report = await server.client.tests.run({ params: { realm: 'wiki' }, body: {} })
    expect(report.tap).toMatch(/^TAP version 14/)
    expect(report).toMatchObject({ ok: true })
    expect((await new Browser(base).get('/page/Test%20page')).status).toBe(404)
  })
})
