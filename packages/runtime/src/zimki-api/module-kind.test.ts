import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { build as bundle } from 'esbuild'
import { TestCell } from '../testing/test-cell.ts'

/** The module kind through a whole cell. The web platform's own tests are in src/isolate. */
describe('the module kind in a cell', () => {
  let cell: TestCell
  beforeAll(async () => {
    cell = await TestCell.open()
  })
  afterAll(() => cell.close())

  it('export default { fetch } answers with Request, Response, Headers and URL, and env has the variables', async () => {
    const realm = await cell.module(
      `export default { async fetch(request, env) {
        const url = new URL(request.url)
        return Response.json({ m: request.method, p: url.pathname, q: url.searchParams.get('q'), h: request.headers.get('x-a'), b: await request.text(), e: env.GREETING }, { status: 201, headers: { 'x-b': 'c' } })
      } }`,
      {},
      { GREETING: 'hi' },
    )
    const { status, headers, text } = await realm.request('/path?q=1', {
      method: 'POST',
      headers: { 'x-a': 'b' },
      body: 'body',
    })
    expect([status, headers['x-b'], JSON.parse(text)]).toEqual([
      201,
      'c',
      { m: 'POST', p: '/path', q: '1', h: 'b', b: 'body', e: 'hi' },
    ])
  })

  it('sees the path below its entry point, and in x-forwarded-prefix where that is', async () => {
    const realm = await cell.module(
      'export default { fetch: (r) => new Response([new URL(r.url).pathname, r.headers.get("x-forwarded-prefix")].join()) }',
    )
    expect(await realm.text('/u/abc/page?q=1', { root: '/u/abc' })).toBe('/page,/u/abc')
  })

  it('env.zimki.classes keeps objects', async () => {
    const realm = await cell.module(`export default { async fetch(request, { zimki: { classes: { Note } } }) {
      const note = await Note.create({ text: 'one', when: new Date(0) })
      await Note.create({ text: 'two' })
      await Note.save({ ...note, text: 'uno' })
      const found = await Note.get(note.id)
      const all = await Note.search({}, { orderBy: '-text' })
      await Note.delete(all[1])
      return Response.json([found.text, found.when instanceof Date, all.map((n) => n.text), await Note.count(), await Note.get('nope')])
    } }`)
    expect(JSON.parse(await realm.text('/'))).toEqual(['uno', true, ['uno', 'two'], 1, null])
  })

  it('env.zimki.classes.zimki_user tells nothing of a password', async () => {
    const realm =
      await cell.module(`export default { async fetch(request, { zimki: { classes: { zimki_user } } }) {
      const ann = await zimki_user.create({ username: 'ann', password: 'correct horse' })
      const read = await zimki_user.get({ username: 'ann' })
      const asked = await zimki_user.count({ password__startswith: 'scrypt' }).catch((error) => error.message)
      return Response.json([ann, read, asked]) } }`)
    const [ann, read, asked] = JSON.parse(await realm.text('/'))
    expect(Object.keys(ann).sort()).toEqual(['createdAt', 'id', 'username'])
    expect(Object.keys(read).sort()).toEqual(['createdAt', 'id', 'username'])
    expect(asked).toMatch(/can be neither searched for nor ordered by/)
  })

  it('answers many requests at once, with timers, and charges each its own function', async () => {
    const realm = await cell.module(`export default { async fetch(request) {
      const ms = Number(new URL(request.url).searchParams.get('ms'))
      await new Promise((resolve) => setTimeout(resolve, ms))
      return new Response('after ' + ms) } }`)
    const texts = await Promise.all([30, 1, 10].map((ms) => realm.text(`/?ms=${ms}`)))
    expect(texts).toEqual(['after 30', 'after 1', 'after 10'])
  })

  it('streams a response with backpressure and a request body of many chunks', async () => {
    const realm = await cell.module(`export default { async fetch(request) {
      if (request.method === 'POST') { let n = 0; for await (const chunk of request.body) n += chunk.length; return new Response(String(n)) }
      let i = 0
      return new Response(new ReadableStream({ pull(c) { if (i++ < 64) c.enqueue(new Uint8Array(65536)); else c.close() } })) } }`)
    expect((await realm.request('/')).bytes.length).toBe(64 * 65536)
    expect(await realm.text('/', { method: 'POST', body: Buffer.alloc(3_000_000) })).toBe('3000000')
  })

  it('an endless stream ends at responseBytes, an endless loop at cpuMs, a promise that never settles at wallMs', async () => {
    const realm = await cell.module(
      `export default { async fetch(request) {
        const { pathname } = new URL(request.url)
        if (pathname === '/stream') return new Response(new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(65536)) } }))
        if (pathname === '/loop') { await 1; for (;;); }
        if (pathname === '/never') await new Promise(() => {})
        return new Response('ok') } }`,
      { responseBytes: 1_000_000, cpuMs: 700, wallMs: 2_000 },
    )
    expect((await realm.failure('/stream')).message).toContain('responseBytes')
    expect((await realm.failure('/loop')).message).toContain('cpuMs')
    expect((await realm.failure('/never')).message).toContain('wallMs')
    expect(await realm.text('/')).toBe('ok')
  })

  it('what ctx.waitUntil was given ends with wallMs at the latest, and is charged to its request', async () => {
    const realm = await cell.module(
      `export default { fetch(request, env, ctx) {
        if (new URL(request.url).pathname === '/never') ctx.waitUntil(new Promise(() => {}))
        else ctx.waitUntil(new Promise((done) => setTimeout(done, 20)).then(() => console.log('later')))
        return new Response('at once') } }`,
      { wallMs: 1_500 },
    )
    expect(await realm.text('/')).toBe('at once')
    await cell.until(() => cell.logs.some((line) => line.text === 'later'))
    expect(await realm.text('/never')).toBe('at once')
    await cell.until(() => cell.cell.active === 0)
  })

  it('a throw is a 500 for the client and a stack for the log; a wrong return value says what to do', async () => {
    const realm = await cell.module(`export default { fetch(request) {
      if (new URL(request.url).pathname === '/none') return
      throw new TypeError('inner') } }`)
    expect((await realm.failure('/')).code).toBe('SCRIPT_ERROR')
    expect(cell.logs.at(-1)?.text).toMatch(/inner[\s\S]*main\.js:3/)
    await realm.failure('/none')
    expect(cell.logs.at(-1)?.text).toContain('must return a Response')
  })

  it("names the author's file and line in stacks and in failures to load", async () => {
    const build = async (contents: string) => {
      const stdin = { contents, sourcefile: 'src/app.ts', loader: 'ts' as const, resolveDir: '/' }
      const { outputFiles } = await bundle({
        ...{ stdin, bundle: true, format: 'esm', minify: true, write: false, outfile: 'main.js' },
        sourcemap: 'external',
      })
      const [map, source] = outputFiles!.map(({ text }) => text)
      return cell.deploy({ kind: 'module', main: { name: 'main.js', source: source!, map: map! } }, {}, {})
    }
    const realm = await build(
      'type X = 1\n\nfunction inner(): never { throw new Error("deep") }\nexport default { fetch() { inner() } }',
    )
    await realm.failure('/')
    expect(cell.logs.at(-1)?.text).toMatch(/deep[\s\S]*src\/app\.ts:3:\d+/)
    await expect(build('\n\nthrow new Error("at load")\nexport default {}')).rejects.toMatchObject({
      message: expect.stringMatching(/src\/app\.ts:3:/),
    })
  })

  it.each([
    ['export default 5', 'no default export|default export'],
    ['export const x = 1', 'default export'],
    ['export default {', 'Unexpected'],
    ['import x from "fs"; export default x', 'imports "fs"'],
    ['throw new Error("at load"); export default {}', 'at load'],
    ['while (true); export default {}', 'cpuMs'],
  ])('refuses to load %s', async (source, why) => {
    await expect(cell.module(source, { cpuMs: 700 })).rejects.toThrow(new RegExp(why))
  })

  it('meters: the sum of functions is what the isolates ran', async () => {
    const realm = await cell.module(`export default { fetch(request) {
      const end = Date.now() + Number(new URL(request.url).searchParams.get('ms')); while (Date.now() < end); return new Response('x') } }`)
    const startedMs = performance.now()
    await Promise.all([40, 10, 0, 0].map((ms) => realm.text(`/?ms=${ms}`)))
    const tookMs = performance.now() - startedMs
    const rowsNow = () =>
      cell.windows.flatMap((window) => window.rows).filter((row) => row.realm === realm.realm)
    await cell.until(() => rowsNow().reduce((sum, row) => sum + row.requests, 0) === 4)
    const rows = rowsNow()
    const cpuNs = rows.reduce((sum, row) => sum + row.cpuNs, 0)
    expect(
      rows.every((row) => row.function === 'fetch' && row.account === realm.account && row.key === realm.key),
    ).toBe(true)
    expect(cpuNs / 1e6).toBeGreaterThan(5)
    expect(cpuNs / 1e6).toBeLessThan(tookMs + 20)
  })
})
