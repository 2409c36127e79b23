import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { TestCell } from '../testing/test-cell.ts'

/** ZIMKI-API sections 1 and 2: what a script realm is, and how it publishes. */
describe('ZIMKI-API 1-2: script realm and publishing', () => {
  let cell: TestCell
  beforeAll(async () => {
    cell = await TestCell.open()
  })
  afterAll(() => cell.close())

  describe('section 1: the language', () => {
    it('is sloppy global script: undeclared assignments are globals and this in a plain call is the global object', async () => {
      const realm = await cell.script({
        'a.js': 'undeclared = 41; function whoAmI() { return this === globalThis }',
        'b.js':
          'zimki.publishPath("/", function () { return [typeof undeclared, whoAmI(), octal].join() }); var octal = 010;',
      })
      expect(await realm.text('/')).toBe('number,true,8')
    })

    it('hoists declarations over publishPath calls and shares one context among the pieces in name order', async () => {
      const realm = await cell.script({
        '1.js': 'zimki.publishPath("/", handler); function handler() { return second() }',
        '2.js': 'function second() { return "from the second piece" }',
      })
      expect(await realm.text('/')).toBe('from the second piece')
    })

    it('runs the pieces in name order when it loads: each sees what those before it have set', async () => {
      const realm = await cell.script({
        'a.js': 'var seen = "a"',
        'b.js': 'seen += "b"; var early = seen + typeof last',
        'c.js': 'var last = seen + "c"; zimki.publishPath("/", function () { return early + "," + last })',
      })
      expect(await realm.text('/')).toBe('abundefined,abc')
    })

    it('has no window and no document, and adds nothing enumerable to Array.prototype or Object.prototype', async () => {
      const realm = await cell.script(`zimki.publishPath("/", function () {
        var seen = []; for (var i in []) seen.push(i); for (var k in {}) seen.push(k);
        return [typeof window, typeof document, seen.length].join() })`)
      expect(await realm.text('/')).toBe('undefined,undefined,0')
    })

    it('hands nothing of the host to the program', async () => {
      const realm = await cell.script(`zimki.publishPath("/", function () {
        return [typeof process, typeof require, typeof __openzimkiBoot, typeof SharedArrayBuffer === 'undefined' ? 'x' : 'x',
          (function () { try { return typeof zimki.log.constructor("return process")() } catch (e) { return e.name } })()].join() })`)
      expect(await realm.text('/')).toBe('undefined,undefined,undefined,x,ReferenceError')
    })

    it('refuses E4X with an error that says so', async () => {
      await expect(cell.script('var x =\n  <page><title/></page>;')).rejects.toMatchObject({
        code: 'SCRIPT_ERROR',
        message: expect.stringMatching(/^javascript\/main\.js:2:3: .*E4X/),
        details: expect.objectContaining({ file: 'javascript/main.js', line: 2, column: 3 }),
      })
      await expect(cell.script('if (a < b {')).rejects.toMatchObject({
        message: expect.stringMatching(/^javascript\/main\.js:1:11: SyntaxError: .*'\{'$/),
      })
    })

    it('keeps the context warm across requests', async () => {
      const realm = await cell.script('var n = 0; zimki.publishPath("/", function () { return String(++n) })')
      await realm.text('/')
      expect(await realm.text('/')).toBe('2')
    })

    it('makes class globals before the first piece runs', async () => {
      const realm = await cell.script(
        'var early = typeof Page.search; zimki.publishPath("/", function () { return early })',
        {
          classes: ['Page'],
        },
      )
      expect(await realm.text('/')).toBe('function')
    })
  })

  describe('section 2: paths', () => {
    it('takes a string path with or without leading slash, a function or a string', async () => {
      const realm = await cell.script(`
        zimki.publishPath("/with", function () { return "with" })
        zimki.publishPath("without", function () { return "without" })
        zimki.publishPath("/static", "<b>as is</b>")`)
      expect([await realm.text('/with'), await realm.text('/without'), await realm.text('/static')]).toEqual([
        'with',
        'without',
        '<b>as is</b>',
      ])
    })

    it('searches a RegExp unanchored in the path without its leading slash and hands over args, path and match', async () => {
      const realm = await cell.script(`zimki.publishPath(/page\\/(\\w+)/, function (args, path, match) {
        return [args.q, path, match[1]].join() })`)
      expect(await realm.text('/a/page/Home?q=1')).toBe('1,a/page/Home,Home')
    })

    it('takes a string for a RegExp too', async () => {
      const realm = await cell.script('zimki.publishPath(/^page\\b/, "<b>as is</b>")')
      expect(await realm.text('/page/1')).toBe('<b>as is</b>')
    })

    it('answers every request by a RegExp that remembers where it was', async () => {
      const realm = await cell.script(`var pattern = /page/g; pattern.lastIndex = 3
        zimki.publishPath(pattern, function (args, path, match) { return match.index + path })
        zimki.publishPath(/sticky/y, function (args, path) { return path })`)
      for (const path of ['page/1', 'page/2', 'page/1']) expect(await realm.text(`/${path}`)).toBe(`0${path}`)
      for (let turn = 0; turn < 2; turn++) expect(await realm.text('/sticky')).toBe('sticky')
    })

    it('prefers published files, then string paths, then RegExps in the order they were bound', async () => {
      const realm = await cell.script(
        `zimki.publishPath(/^o/, function () { return "first pattern" })
         zimki.publishPath(/one|two/, function () { return "second pattern" })
         zimki.publishPath("one", function () { return "string" })
         zimki.publishPath("file.txt", function () { return "never" })`,
        { files: { 'file.txt': 'file' } },
      )
      const got = await Promise.all(['/file.txt', '/one', '/other', '/two'].map((path) => realm.text(path)))
      expect(got).toEqual(['file', 'string', 'first pattern', 'second pattern'])
    })

    it('answers 404 when nothing matches', async () => {
      const realm = await cell.script('')
      expect((await realm.request('/nothing')).status).toBe(404)
    })
  })

  describe('section 2: args', () => {
    const echo = `zimki.publishPath("/", function (args) { return { mimetype: "application/json", content: JSON.stringify(args) } })`

    it('has query and form parameters by name, strings, repeated names as an array, missing ones undefined', async () => {
      const realm = await cell.script(echo)
      const form = {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'b=2&save=Save&a=3',
      }
      expect(JSON.parse(await realm.text('/?a=1&u=%C3%A9', form))).toEqual({
        a: ['1', '3'],
        u: 'é',
        b: '2',
        save: 'Save',
      })
    })

    it('has an uploaded file as { filename, mimetype, content, size }', async () => {
      const realm = await cell.script(echo)
      const body = Buffer.concat([
        Buffer.from(
          '--X\r\nContent-Disposition: form-data; name="photo"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n',
        ),
        Buffer.from([0, 255, 10]),
        Buffer.from('\r\n--X\r\nContent-Disposition: form-data; name="title"\r\n\r\nHé\r\n--X--\r\n'),
      ])
      const headers = { 'content-type': 'multipart/form-data; boundary=X' }
      expect(JSON.parse(await realm.text('/', { method: 'POST', headers, body }))).toEqual({
        photo: { filename: 'a.png', mimetype: 'image/png', content: '\u0000ÿ\n', size: 3 },
        title: 'Hé',
      })
    })

    it('does not let a parameter reach the prototype', async () => {
      const realm = await cell.script(
        'zimki.publishPath("/", function (args) { return String({}.polluted) + typeof args.__proto__ })',
      )
      expect(await realm.text('/?__proto__=x&__proto__.polluted=1&constructor=y')).toMatch(/^undefined/)
    })

    it('refuses a malformed form with INVALID_ARGUMENT', async () => {
      const realm = await cell.script(echo)
      const request = { method: 'POST', headers: { 'content-type': 'multipart/form-data' }, body: 'nonsense' }
      expect((await realm.failure('/', request)).code).toBe('INVALID_ARGUMENT')
    })
  })

  describe('section 2: what a handler returns', () => {
    it('a string is text/html in UTF-8', async () => {
      const realm = await cell.script('zimki.publishPath("/", function () { return "h\u00e9" })')
      const { headers, text, status } = await realm.request('/')
      expect([status, headers['content-type'], text]).toEqual([200, 'text/html; charset=utf-8', 'hé'])
    })

    it('an object has content, mimetype, charset, status and headers', async () => {
      const realm = await cell.script(`
        zimki.publishPath("/a", function () { return { content: "h\u00e9", mimetype: "text/plain", charset: "iso-8859-1", status: 201, headers: { "X-A": "b" } } })
        zimki.publishPath("/b", function () { return { content: "\\u0000\\u00ff", mimetype: "image/png" } })`)
      const a = await realm.request('/a')
      expect([a.status, a.headers['content-type'], a.headers['x-a'], [...a.bytes]]).toEqual([
        201,
        'text/plain; charset=iso-8859-1',
        'b',
        [104, 233],
      ])
      const b = await realm.request('/b')
      expect([b.headers['content-type'], [...b.bytes]]).toEqual(['image/png', [0, 255]])
    })

    it('an object without mimetype is text/html, and text without charset is UTF-8', async () => {
      const realm = await cell.script(`
        zimki.publishPath("/html", function () { return { content: "h\u00e9" } })
        zimki.publishPath("/css", function () { return { content: "h\u00e9", mimetype: "text/css" } })
        zimki.publishPath("/json", function () { return { content: "h\u00e9", mimetype: "application/json" } })
        zimki.publishPath("/other", function () { return { content: "h\u00e9", mimetype: "application/x-own" } })
        zimki.publishPath("/beyond", function () { return { content: "\u20ac", mimetype: "application/x-own" } })`)
      const got = async (path: string) => {
        const { headers, bytes, status } = await realm.request(path)
        return [status, headers['content-type'], bytes.toString('hex')]
      }
      expect(await got('/html')).toEqual([200, 'text/html; charset=utf-8', '68c3a9'])
      expect(await got('/css')).toEqual([200, 'text/css; charset=utf-8', '68c3a9'])
      expect(await got('/json')).toEqual([200, 'application/json; charset=utf-8', '68c3a9'])
      expect(await got('/other')).toEqual([200, 'application/x-own', '68e9'])
      expect(await got('/beyond')).toEqual([200, 'application/x-own', 'e282ac'])
    })

    it.each([
      ['charset: "utf-8"', 'utf-8', 'h\u00c3\u00a9'],
      ['charset: "UTF8"', 'UTF8', 'h\u00c3\u00a9'],
      ['charset: "ISO-8859-1"', 'ISO-8859-1', 'h\u00e9'],
      ['charset: "latin1"', 'latin1', 'h\u00e9'],
      ['mimetype: "text/plain;charset=iso-8859-1"', 'iso-8859-1', 'h\u00e9'],
      ['mimetype: "text/plain; charset=utf-8", charset: "latin1"', 'latin1', 'h\u00e9'],
    ])('content with %s is written as it is named', async (options, charset, bytes) => {
      const realm = await cell.script(
        `zimki.publishPath("/", function () { return { mimetype: "text/plain", content: "h\u00e9", ${options} } })`,
      )
      const answer = await realm.request('/')
      expect([answer.headers['content-type'], answer.bytes.toString('latin1')]).toEqual([
        `text/plain; charset=${charset}`,
        bytes,
      ])
    })

    it('text in us-ascii goes out as such', async () => {
      const realm = await cell.script(
        'zimki.publishPath("/", function () { return { content: "he~", charset: "us-ascii" } })',
      )
      const { headers, text } = await realm.request('/')
      expect([headers['content-type'], text]).toEqual(['text/html; charset=us-ascii', 'he~'])
    })

    it.each([
      ['content: "h\u00e9", charset: "us-ascii"', /us-ascii has no "\u00e9" \(U\+00E9\): .*&#233;/],
      ['content: "1 \u20ac", charset: "iso-8859-1"', /iso-8859-1 has no "\u20ac" \(U\+20AC\)/],
      ['content: "\ud83d\ude00", charset: "latin1"', /latin1 has no "\ud83d\ude00" \(U\+1F600\)/],
      ['content: "x", charset: "windows-1252"', /"windows-1252": there are utf-8, iso-8859-1, us-ascii/],
      ['content: "x", mimetype: "text/plain; charset=koi8-r"', /"koi8-r": there are/],
      ['content: "\u20ac", mimetype: "application/x-own; charset=koi8-r"', /"koi8-r": there are/],
    ])('{ %s } is an error that says why', async (object, message) => {
      const realm = await cell.script(`zimki.publishPath("/", function () { return { ${object} } })`)
      expect((await realm.failure('/')).code).toBe('SCRIPT_ERROR')
      expect(cell.logs.at(-1)?.text).toMatch(message)
      expect(cell.logs.at(-1)?.text).toMatch(/^\/: /)
    })

    it('bytes may have any charset: a zimki.file, and what is no text', async () => {
      const realm = await cell.script(`
        zimki.file.create({ path: "pic", content: "\u0000\u0080\u00ff", mimetype: "image/png" })
        zimki.file.create({ path: "old.txt", content: "\u00c1", mimetype: "text/plain; charset=koi8-r" })
        zimki.publishPath("/pic", function () { return zimki.file.get("pic") })
        zimki.publishPath("/old", function () { return zimki.file.get("old.txt") })
        zimki.publishPath("/own", function () {
          return { content: "\u00c1", mimetype: "application/x-own", charset: "koi8-r" } })`)
      const got = async (path: string) => {
        const { headers, bytes } = await realm.request(path)
        return [headers['content-type'], ...bytes]
      }
      expect(await got('/pic')).toEqual(['image/png', 0, 0x80, 0xff])
      expect(await got('/old')).toEqual(['text/plain; charset=koi8-r', 0xc1])
      expect(await got('/own')).toEqual(['application/x-own; charset=koi8-r', 0xc1])
    })

    it.each([
      ['{ status: 204 }', 204, {}],
      ['{ headers: { "X-A": "b" } }', 200, { 'x-a': 'b' }],
      ['{ mimetype: "text/css", status: 404 }', 404, { 'content-type': 'text/css; charset=utf-8' }],
      ['{ content: null }', 200, { 'content-type': 'text/html; charset=utf-8' }],
    ])('%s is an answer without content', async (object, status, headers) => {
      const realm = await cell.script(`zimki.publishPath("/", function () { return ${object} })`)
      expect(await realm.request('/')).toMatchObject({ status, headers, text: '' })
    })

    it.each([
      ['17', '17'],
      ['false', 'false'],
      ['["a", 1]', 'a,1'],
      ['{ toString: function () { return "own text" } }', 'own text'],
    ])('%s is its text', async (value, text) => {
      const realm = await cell.script(`zimki.publishPath("/", function () { return ${value} })`)
      expect(await realm.text('/')).toBe(text)
    })

    it('a stored object is its id', async () => {
      const realm = await cell.script(
        'zimki.publishPath("/", function () { return Page.create({ status: "draft" }) })',
        { classes: ['Page'] },
      )
      expect(await realm.text('/')).toMatch(/^[0-9a-f-]{36}$/)
    })

    it.each([
      ['{ status: 200, body: "x" }', 'an object of status, body'],
      ['{}', 'an object without properties'],
      ['[{ a: 1 }]', 'an array of objects'],
      ['function () {}', 'a function'],
      ['Promise.resolve("x")', 'an object without properties'],
      ['Object.create(null)', 'an object without properties'],
    ])('%s is an error that says what to return', async (value, what) => {
      const realm = await cell.script(`zimki.publishPath("/a", function () { return ${value} })`)
      expect((await realm.failure('/a')).code).toBe('SCRIPT_ERROR')
      expect(cell.logs.at(-1)?.text).toContain(
        `/a: a handler returned ${what}, which is no answer: return text`,
      )
    })

    it('zimki.redirect(url) is a 302, undefined an empty 200', async () => {
      const realm = await cell.script(`
        zimki.publishPath("/go", function () { return zimki.redirect(zimki.root + "/there") })
        zimki.publishPath("/empty", function () {})`)
      const go = await realm.request('/u/abc/go', { root: '/u/abc' })
      expect([go.status, go.headers.location]).toEqual([302, '/u/abc/there'])
      const empty = await realm.request('/empty')
      expect([empty.status, empty.text]).toEqual([200, ''])
    })

    it('cannot split the response or set its framing with headers', async () => {
      const realm = await cell.script(`zimki.publishPath("/", function () { return { content: "x",
        headers: { "X-Bad": "a\\r\\nSet-Cookie: evil=1", "Transfer-Encoding": "chunked", "bad name": "x", "X-Good": "y" } } })`)
      const { headers } = await realm.request('/')
      expect(Object.keys(headers).sort()).toEqual(['content-type', 'x-good'])
    })

    it('an uncaught error is a 500 that tells the client nothing and the log everything', async () => {
      const realm = await cell.script(
        'zimki.publishPath("/", function () { throw new Error("the secret reason") })',
      )
      const failure = await realm.failure('/')
      expect([failure.code, failure.httpStatus]).toEqual(['SCRIPT_ERROR', 500])
      expect(failure.message).not.toContain('secret')
      const entry = cell.logs.find((line) => line.realm === realm.realm)
      expect(entry).toMatchObject({
        level: 'error',
        text: expect.stringMatching(/the secret reason[\s\S]*javascript\/main\.js:1:/),
      })
    })

    it('an uncaught error is told with its stack to the key of an owner who develops, and to no other', async () => {
      const realm = await cell.script(
        'zimki.publishPath("/", function () {\n  throw new Error("the secret reason") })',
      )
      const { message } = await realm.failure('/', { debug: true })
      expect(message).toMatch(/the secret reason[\s\S]*at .*javascript\/main\.js:2:9/)
      expect((await realm.failure('/')).message).not.toMatch(/secret|main\.js/)
    })

    it.each(['null', '"text"', '{ get message() { throw 1 } }', '{ toString: null }'])(
      'survives a program that throws %s',
      async (thrown) => {
        const realm = await cell.script(`zimki.publishPath("/", function () { throw ${thrown} })`)
        expect((await realm.failure('/')).code).toBe('SCRIPT_ERROR')
      },
    )
  })

  it('zimki.root, zimki.apikey and zimki.alias are those of the current request', async () => {
    const realm = await cell.script(
      'zimki.publishPath("/", function () { return [zimki.root, zimki.apikey, zimki.alias].join() })',
    )
    expect(await realm.text('/u/k1/', { root: '/u/k1', key: 'k1' })).toBe('/u/k1,k1,realm')
    expect(await realm.text('/', { root: '', key: 'k2' })).toBe(',k2,realm')
  })

  describe('section 2: publishService', () => {
    const service = `zimki.publishService("photos.list", function (user, limit) {
        return { photo: [{ id: 1, title: user }, { id: 2, title: limit || "none" }] } },
        '<photos><photo id="1"><title>x</title></photo><photo/></photos>',
        { user: {}, limit: { optional: 1 } })`

    it('pours the result into the shape of the example, in the Froody envelope', async () => {
      const realm = await cell.script(service)
      const { headers, text } = await realm.request('/zimki?api_key=k&method=photos.list&user=ann')
      expect(headers['content-type']).toBe('text/xml; charset=utf-8')
      expect(text).toContain('<rsp stat="ok">')
      expect(text).toMatch(/<photo id="1">\s*<title>ann<\/title>\s*<\/photo>\s*<photo id="2">/)
    })

    it('answers a missing argument and an unknown method with their codes', async () => {
      const realm = await cell.script(service)
      expect(await realm.text('/zimki?api_key=k&method=photos.list')).toContain('perl.methodcall.param')
      expect(await realm.text('/zimki?api_key=k&method=nope')).toContain('froody.invoke.nosuchmethod')
    })

    it('tells the caller what a service throws on purpose; a mistake of the program is logged and not told', async () => {
      const realm = await cell.script(
        `zimki.publishService("s", function () { innerReason() }, "<a/>", {})
         zimki.publishService("t", function () { throw new Error("no such city") }, "<a/>", {})`,
      )
      expect(await realm.text('/zimki?api_key=k&method=t')).toContain('no such city')
      const text = await realm.text('/zimki?api_key=k&method=s')
      expect(text).toContain('stat="fail"')
      expect(text).not.toContain('innerReason')
      await cell.until(() => cell.logs.some((line) => line.text.includes('innerReason')))
    })

    it('speaks JSON and reflects', async () => {
      const realm = await cell.script(service)
      const json = await realm.text('/zimki?api_key=k&method=photos.list&user=a&_type=json')
      expect(JSON.parse(json)).toMatchObject({ stat: 'ok' })
      expect(await realm.text('/zimki?api_key=k&method=froody.reflection.getMethods')).toContain(
        'photos.list',
      )
    })
  })
})
