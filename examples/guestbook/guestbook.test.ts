import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Browser } from '../browser.ts'
import { startServer, type TestServer } from '../harness.ts'

let server: TestServer
let browser: Browser
beforeAll(async () => {
  server = await startServer()
  browser = new Browser((await server.deploy('guestbook', 'guestbook')).url)
}, 60_000)
afterAll(() => server?.close())

describe('the guestbook', () => {
  it('shows who signed, newest first', async () => {
    expect((await browser.get('/')).text).toContain('Be the first to sign')
    for (const name of ['Ada', 'Grace']) {
      const signed = await browser.post('/', { name, message: `${name} was here` })
      expect([signed.status, browser.locationOf(signed)]).toEqual([303, '/'])
    }
    expect((await browser.get('/')).text).toMatch(/Grace was here[\s\S]*Ada was here/)
    const json = JSON.parse((await browser.get('/entries.json')).text) as { name: string }[]
    expect(json.map((entry) => entry.name)).toEqual(['Grace', 'Ada'])
  })

  it('shows text as text', async () => {
    await browser.post('/', { name: '<i>x</i>', message: '<script>alert(1)</script> ü 漢' })
    const page = await browser.get('/')
    expect(page.text).toContain('&lt;script&gt;alert(1)&lt;/script&gt; ü 漢')
    expect(page.text).not.toContain('<script>')
    expect(page.text).not.toContain('<i>x')
  })

  it.each([
    ['nothing', {}],
    ['blanks', { name: ' ', message: ' ' }],
    ['too much', { name: 'x', message: 'x'.repeat(1001) }],
  ])('refuses %s, and says why', async (_what, form) => {
    const page = await browser.post('/', form as Record<string, string>)
    expect(page.status).toBe(400)
    expect(page.text).toContain('class="problem"')
  })

  it('answers 404 where it has no route', async () => {
    expect((await browser.get('/nothing-here')).status).toBe(404)
  })
})
