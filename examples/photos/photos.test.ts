import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Browser } from '../browser.ts'
import { startServer, type TestServer } from '../harness.ts'

let server: TestServer
let base: string
beforeAll(async () => {
  server = await startServer()
  base = (await server.deploy('photos', 'photos')).url
}, 60_000)
afterAll(() => server?.close())

/** Begins like a PNG and then has every byte there is, so that a wrong encoding anywhere shows. */
const PNG = new Uint8Array([
  0x89,
  0x50,
  0x4e,
  0x47,
  0x0d,
  0x0a,
  0x1a,
  0x0a,
  ...Array.from({ length: 1024 }, (_, index) => index % 256),
])

function upload(browser: Browser, content: Uint8Array<ArrayBuffer>, { name = 'sea.png', title = '' } = {}) {
  const form = new FormData()
  form.set('photo', new File([content], name, { type: 'image/png' }))
  form.set('title', title)
  return browser.post('/upload', form)
}

describe('the photo service', () => {
  it('keeps every byte of a picture and serves it as what it is', async () => {
    const ada = new Browser(base)
    const added = await upload(ada, PNG, { title: 'The <sea>' })
    expect([added.status, ada.locationOf(added)]).toEqual([302, '/'])
    const album = await ada.get('/')
    expect(album.text).toContain('The &lt;sea&gt;')
    const picture = await ada.get(ada.pathOf(/<img src="([^"]+)"/.exec(album.text)![1]!))
    expect(picture.headers.get('content-type')).toBe('image/png')
    expect(picture.bytes).toEqual(PNG)
  })

  it('lets the one who brought it delete it, and nobody else', async () => {
    const ada = new Browser(base)
    await upload(ada, PNG, { title: 'Mine' })
    const id = /\/photo\/([0-9a-f-]{36})/.exec((await ada.get('/')).text)![1]!
    const stranger = new Browser(base)
    expect((await stranger.get(`/photo/${id}`)).text).not.toContain('Delete')
    expect((await stranger.post('/delete', { id })).status).toBe(403)
    const own = await ada.get(`/photo/${id}`)
    expect(own.text).toContain('Delete')
    const path = ada.pathOf(/<img src="([^"]+)"/.exec(own.text)![1]!)
    expect((await ada.get(path)).status).toBe(200)
    expect((await ada.post('/delete', { id })).status).toBe(302)
    expect((await ada.get(`/photo/${id}`)).status).toBe(404)
    expect((await ada.get(path)).status).toBe(404)
  })

  it.each([
    ['a page that says it is a picture', new TextEncoder().encode('<html><script>alert(1)</script>')],
    ['an empty file', new Uint8Array(0)],
    ['more than 8 MB', new Uint8Array(9 * 1024 * 1024).fill(0xff)],
  ])('refuses %s', async (_what, content) => {
    const refused = await upload(new Browser(base), content)
    expect(refused.status).toBe(400)
    expect(refused.text).toContain('class="problem"')
  })

  it('passes its own unit tests', async () => {
    const report = await server.client.tests.run({ params: { realm: 'photos' }, body: {} })
    expect(report).toMatchObject({ ok: true })
  })
})
