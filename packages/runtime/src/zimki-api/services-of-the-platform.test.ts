import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { SHARED_CLASS, SHARED_REALM, sharedId } from '@openzimki/store'
import { TestCell, type TestRealm } from '../testing/test-cell.ts'

/** ZIMKI-API section 6: libraries, remote calls, small things. */
describe('ZIMKI-API 6: libraries, remote calls, small things', () => {
  let cell: TestCell
  let server: Server
  let origin: string
  let realm: TestRealm
  beforeAll(async () => {
    server = createServer((request, response) => {
      const parts: Buffer[] = []
      request.on('data', (part) => parts.push(part))
      request.on('end', () => {
        if (request.url?.startsWith('/missing')) response.statusCode = 404
        response.setHeader('content-type', 'text/plain; charset=utf-8')
        if (request.url === '/half') {
          response.setHeader('content-length', '6000')
          response.write('x'.repeat(3_000), () => request.socket.end())
        } else if (request.url === '/headers') response.end(JSON.stringify(request.headers))
        else response.end(`${request.method} ${request.url} ${Buffer.concat(parts)} é`)
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    origin = `http://127.0.0.1:${port}`
    cell = await TestCell.open({ allow: [`127.0.0.1:${port}`] })
    realm = await cell.script(
      {
        'a.js': '',
        'lib/own.js': 'var ownLibrary = (typeof ownLibrary == "undefined" ? 0 : ownLibrary) + 1',
      },
      {
        files: {
          'extra.js': 'function extra() { return "extra" }',
          'e4x.js': 'function item(x) { return <item/> }',
          'broken.js': 'if (a < b {',
        },
        limits: { remoteCalls: 5 },
        env: { TOKEN: 'of the vault', toString: 'own' },
      },
    )
    await cell.objects.batch(SHARED_REALM, 1, [
      { op: 'createClass', className: SHARED_CLASS, ifMissing: true },
      {
        op: 'put',
        className: SHARED_CLASS,
        id: sharedId('library', 'shared.js'),
        data: { source: 'var shared = "from library"' },
      },
    ])
  })
  afterAll(async () => {
    await cell.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  async function run(code: string): Promise<unknown> {
    const { value, error } = await realm.evaluate(`JSON.stringify((function () { ${code} })())`)
    if (error) throw new Error(error.message)
    return JSON.parse(JSON.parse(value!))
  }

  it('zimki.library.require(file) runs a file of the realm as a global script, once per context', async () => {
    expect(await run('zimki.library.require("extra.js"); return extra()')).toBe('extra')
    await run('zimki.library.require("lib/own.js"); zimki.library.require("lib/own.js"); return 1')
    expect(await run('return ownLibrary')).toBe(2)
  })

  it('zimki.library.require(realm, file) runs what another realm shares, and nothing else', async () => {
    expect(await run('zimki.library.require("library", "shared.js"); return shared')).toBe('from library')
    await expect(run('zimki.library.require("library", "private.js")')).rejects.toThrow('shares no file')
    await expect(run('zimki.library.require("../x", "y")')).rejects.toThrow('shares no file')
  })

  it('a library file and a line of the shell with E4X are refused with an error that says so', async () => {
    await expect(run('zimki.library.require("e4x.js")')).rejects.toThrow(/^SyntaxError: .*'<'\. E4X/)
    await expect(run('zimki.library.require("broken.js")')).rejects.toThrow(/^SyntaxError: .*'\{'$/)
    const { error } = await realm.evaluate('for each (var i in []) i')
    expect(error?.message).toMatch(/^SyntaxError: .*'each'\. "for each" of E4X is gone/)
  })

  it('zimki.remote.get puts params into the query and answers the body', async () => {
    expect(await run(`return zimki.remote.get("${origin}/a?x=1", { q: "a b" })`)).toBe('GET /a?x=1&q=a+b  é')
  })

  it('zimki.remote.post sends a form; request answers status, headers and content', async () => {
    expect(await run(`return zimki.remote.post("${origin}/p", { a: "1", b: ["2", "3"] })`)).toBe(
      'POST /p a=1&b=2&b=3 é',
    )
    expect(
      await run(`return zimki.remote.request({ method: "PUT", url: "${origin}/r", content: "body" })`),
    ).toMatchObject({
      status: 200,
      content: 'PUT /r body é',
      headers: { 'content-type': 'text/plain; charset=utf-8' },
    })
  })

  it('a failed call throws', async () => {
    await expect(run(`zimki.remote.get("${origin}/missing")`)).rejects.toThrow('404')
    await expect(run(`zimki.remote.post("${origin}/missing", { a: 1 })`)).rejects.toThrow('404')
  })

  it('zimki.remote.request answers 404 without throwing, and sends params as query and headers as they are', async () => {
    expect(
      await run(`return zimki.remote.request({ url: "${origin}/missing", params: { q: "a b" } })`),
    ).toMatchObject({ status: 404, content: 'GET /missing?q=a+b  é' })
    const { content } = (await run(
      `return zimki.remote.request({ url: "${origin}/headers", headers: { "X-Own": "1", accept: "text/own" } })`,
    )) as { content: string }
    expect(JSON.parse(content)).toMatchObject({ 'x-own': '1', accept: 'text/own' })
  })

  it('a form is sent as one, and content with params as what it is', async () => {
    const form = await run(`return zimki.remote.post("${origin}/headers", { a: "1" })`)
    expect(JSON.parse(String(form))).toMatchObject({ 'content-type': 'application/x-www-form-urlencoded' })
    expect(
      await run(`return zimki.remote.request({ method: "post", url: "${origin}/p", params: { q: 1 }, content: "text" })
        .content`),
    ).toBe('POST /p?q=1 text é')
  })

  /** What was metered of a realm's outbound calls since the last time, by function and key. */
  function egressOf({ realm }: TestRealm): { function: string; key: string; egressBytes: number }[] {
    cell.meter.flush()
    const rows = cell.windows.splice(0).flatMap((window) => window.rows)
    return rows.filter((row) => row.realm === realm && row.egressBytes > 0)
  }

  it('the bytes of calls are metered, also of one that fails half-way', async () => {
    const caller = await cell.script(`
      zimki.publishPath("/whole", function () { return zimki.remote.post("${origin}/", { a: Array(5001).join("x") }) })
      zimki.publishPath("/half", function () {
        try { zimki.remote.get("${origin}/half") } catch (e) { return e.name } })`)
    await caller.text('/whole')
    const [whole, ...more] = egressOf(caller)
    expect([whole?.function, whole?.key, more]).toEqual(['/whole', caller.key, []])
    // There and back.
    expect(whole?.egressBytes).toBeGreaterThan(10_000)
    expect(whole?.egressBytes).toBeLessThan(12_000)
    expect(await caller.text('/half')).toBe('UNAVAILABLE')
    const [half] = egressOf(caller)
    expect(half?.function).toBe('/half')
    expect(half?.egressBytes).toBeGreaterThan(3_000)
    expect(half?.egressBytes).toBeLessThan(4_000)
  })

  it('calls of a deployment that starts are limited and metered too, for no key', async () => {
    const source = `for (var i = 0; i < 3; i++) var got = zimki.remote.get("${origin}/start")
      zimki.publishPath("/", function () { return got })`
    const starting = await cell.script(source, { limits: { remoteCalls: 3 } })
    const rows = egressOf(starting)
    // A window may have ended between the calls.
    for (const row of rows)
      expect(row).toMatchObject({
        function: '(start)',
        key: 'system',
        account: starting.account,
        outcome: 'ok',
        requests: 0,
      })
    // Of all three calls.
    expect(rows.reduce((sum, { egressBytes }) => sum + egressBytes, 0)).toBeGreaterThan(3 * 200)
    expect(await starting.text('/')).toBe('GET /start  é')
    expect(egressOf(starting)).toEqual([])
    await expect(cell.script(source, { limits: { remoteCalls: 2 } })).rejects.toMatchObject({
      code: 'SCRIPT_ERROR',
      message: expect.stringMatching(
        /^javascript\/main\.js:1:\d+: this realm, while it starts .*2 .*remoteCalls/,
      ),
    })
  })

  it.each([
    'http://169.254.169.254/latest/meta-data',
    'http://localhost:1/',
    'http://[::1]:1/',
    'file:///etc/passwd',
    'http://10.0.0.1/',
  ])('refuses the outbound call to %s', async (url) => {
    await expect(run(`zimki.remote.get("${url}")`)).rejects.toThrow(/PERMISSION_DENIED|INVALID_ARGUMENT/)
  })

  it('counts outbound calls against their limit', async () => {
    await expect(run(`for (var i = 0; i < 6; i++) zimki.remote.get("${origin}/")`)).rejects.toThrow(
      'remoteCalls',
    )
  })

  it('zimki.sprintf formats as in C', async () => {
    expect(await run('return zimki.sprintf("%05d|%-5s|%.2f|%x|%%", 42, "ab", 3.14159, 255)')).toBe(
      '00042|ab   |3.14|ff|%',
    )
  })

  it('zimki.file creates, reads, publishes, unpublishes, lists and deletes; a deployed file stays', async () => {
    expect(
      await run(`var f = zimki.file.create({ path: "a/b.bin", content: "\\u0000\\u00ff", mimetype: "image/png" });
        var got = zimki.file.get("a/b.bin"); return [f.size, got.mimetype, got.content, got.published, zimki.file.get("none")]`),
    ).toEqual([2, 'image/png', '\u0000ÿ', false, null])
    expect((await realm.request('/a/b.bin')).status).toBe(404)
    await run('zimki.file.get("a/b.bin").publish("/pic.png"); return 1')
    const served = await realm.request('/pic.png')
    expect([served.status, served.headers['content-type'], [...served.bytes]]).toEqual([
      200,
      'image/png',
      [0, 255],
    ])
    await run('zimki.file.get("a/b.bin").unpublish(); return 1')
    expect((await realm.request('/pic.png')).status).toBe(404)
    expect(await run('return zimki.file.search().map(function (f) { return f.path })')).toEqual([
      'a/b.bin',
      'broken.js',
      'e4x.js',
      'extra.js',
    ])
    await run('zimki.file.get("a/b.bin").deleteInstance(); return 1')
    expect(await run('return zimki.file.get("a/b.bin")')).toBeNull()
    for (const change of ['deleteInstance()', 'publish("/elsewhere")', 'unpublish()'])
      await expect(run(`zimki.file.get("extra.js").${change}`)).rejects.toThrow(
        /^PERMISSION_DENIED: "extra\.js" belongs to the deployment/,
      )
    expect([(await realm.request('/extra.js')).status, (await realm.request('/elsewhere')).status]).toEqual([
      200, 404,
    ])
    await expect(run('zimki.file.create({ path: "../x", content: "" })')).rejects.toThrow('path')
  })

  it('a file is published at its own path where no other is named', async () => {
    await run(
      'zimki.file.create({ path: "b/own.txt", content: "own", mimetype: "text/plain" }).publish(); return 1',
    )
    expect(await realm.request('/b/own.txt')).toMatchObject({
      status: 200,
      text: 'own',
      headers: { 'content-type': 'text/plain' },
    })
    await run('zimki.file.get("b/own.txt").deleteInstance(); return 1')
  })

  it('a published file has validators and ranges', async () => {
    const whole = await realm.request('/extra.js')
    expect(
      (await realm.request('/extra.js', { headers: { 'if-none-match': whole.headers.etag! } })).status,
    ).toBe(304)
    const part = await realm.request('/extra.js', { headers: { range: 'bytes=0-7' } })
    expect([part.status, part.text, part.headers['content-range']]).toEqual([
      206,
      'function',
      `bytes 0-7/${whole.bytes.length}`,
    ])
    expect((await realm.request('/extra.js', { headers: { range: 'bytes=900-' } })).status).toBe(416)
    expect((await realm.request('/extra.js', { method: 'POST' })).status).toBe(405)
  })

  it('zimki.log, zimki.uuid, zimki.digest and zimki.secret', async () => {
    await run('zimki.log("hello", { a: 1 }, 2); return 1')
    expect(cell.logs.at(-1)).toMatchObject({ level: 'info', text: 'hello {"a":1} 2' })
    expect(await run('return zimki.uuid()')).toMatch(/^[0-9a-f-]{36}$/)
    expect(
      await run(
        'return [zimki.digest.md5(""), zimki.digest.sha1("a"), zimki.digest.sha256("é"), zimki.digest.hmac("key", "text")]',
      ),
    ).toEqual([
      'd41d8cd98f00b204e9800998ecf8427e',
      '86f7e437faa5a7fce15d1ddcb9eaeaea377667b8',
      '4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c',
      '6afa9046a9579cad143a384c1b564b9a250d27d6f6a63f9f20bf3a7594c9e2c6',
    ])
    expect(await run('return zimki.secret("TOKEN") + zimki.secret("toString")')).toBe('of the vaultown')
    expect(await run('return typeof zimki.secret("none") + typeof zimki.secret("valueOf")')).toBe(
      'undefinedundefined',
    )
  })

  it('e-mail and schedules say that they are not there yet', async () => {
    await expect(run('zimki.email.send({})')).rejects.toThrow(/^UNSUPPORTED: zimki\.email\.send: /)
    await expect(run('zimki.schedule("* * * * *", function () {})')).rejects.toThrow(
      /^UNSUPPORTED: zimki\.schedule: /,
    )
  })
})

/** ZIMKI-API section 7: unit tests of a realm. */
describe('ZIMKI-API 7: unit tests', () => {
  let cell: TestCell
  beforeAll(async () => {
    cell = await TestCell.open()
  })
  afterAll(() => cell.close())

  it('plan, assert and assertEquals are told apart by the number of arguments, and run in the context and data of the realm', async () => {
    const realm = await cell.script('function add(a, b) { return a + b }', { classes: ['Page'] })
    const source = `plan(5); assert(true); assert("named", 0); assertEquals(add(1, 2), 3); assertEquals("sum", add(1, 1), 3);
      Page.create({ t: 1 }); assertEquals(Page.search().length, 1)`
    const body = JSON.stringify({
      tests: [
        { name: 'a.js', source },
        { name: 'b.js', source: 'plan(1); throw new Error("oops")' },
      ],
    })
    const results = JSON.parse(await realm.text('/', { op: 'test', body }))
    expect(results[0]).toMatchObject({ name: 'a.js', planned: 5, error: null })
    expect(results[0].assertions.map((a: { ok: boolean; name: string }) => [a.ok, a.name])).toEqual([
      [true, ''],
      [false, 'named'],
      [true, ''],
      [false, 'sum'],
      [true, ''],
    ])
    expect(results[0].assertions[3].detail).toBe('got 2, expected 3')
    expect(results[1]).toMatchObject({ planned: 1, error: { message: 'oops' } })
  })
})
