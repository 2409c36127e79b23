import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Client } from '@openzimki/api'
import type { Artifact } from '@openzimki/core'
import { artifactOf, digestOf, startTestControl, type TestControl } from '../testing/test-control.ts'
import { TEMPLATE_BOUNDS } from './check-templates.ts'

let test: TestControl
let client: Client
const params = { realm: 'wiki' }
const query = { create: true }

beforeEach(async () => {
  test = await startTestControl()
  client = (await test.customer()).client
})
afterEach(() => test.close())

const deploy = (body: Artifact) => client.deployments.create({ params, query, body })
const refusal = (body: Artifact) =>
  deploy(body).then(
    () => null,
    (error: { message: string; details: Record<string, unknown> }) => error,
  )

/** A realm that renders its one template. */
const rendering = (engine: 'tal' | 'trimpath', source: string, change: Partial<Artifact> = {}) =>
  artifactOf({
    scripts: [{ name: 'main.js', source: `// first\nzimki.render.${engine}("page.html", {})` }],
    templates: [{ name: 'page.html', source }],
    ...change,
  })

const file = (path: string, content: string, size = content.length) => ({
  path,
  mimetype: 'text/html',
  digest: digestOf(content),
  size,
})
const upload = (content: string) =>
  client.deployments.putBlob({
    params: { ...params, digest: digestOf(content) },
    query,
    body: Buffer.from(content),
  })

describe('a template that does not parse', () => {
  it.each([
    ['tal', '<html>\n <p>\n</html>', 'templates/page.html:3:1: </html> stands where </p> must come first'],
    [
      'tal',
      '<html>\n <p tal:content="a b"/></html>',
      'templates/page.html:2:5: tal:content: "a b" is not a path',
    ],
    [
      'tal',
      '<p tal:contents="x"/>',
      'templates/page.html:1:4: there is no tal:contents; there are tal:define',
    ],
    ['trimpath', '<p>\n{if x}</p>', 'templates/page.html:2: {if} is not closed; add {/if}'],
    ['trimpath', '\n\n${a b}', 'templates/page.html:3: ${a b} is not valid JavaScript'],
  ] as const)('of %s is refused with its place: %j', async (engine, source, message) => {
    const error = await refusal(rendering(engine, source))
    expect(error).toMatchObject({ code: 'SCRIPT_ERROR', details: { file: 'templates/page.html' } })
    expect(error?.message).toContain(message)
    expect(error?.message).toContain(`(as ${engine}, which javascript/main.js:2 renders it with)`)
    expect(error?.message).toContain('Nothing was deployed; mend it and deploy again')
    expect(test.agent.loads).toHaveLength(0)
  })

  it('leaves the live version live, and goes live once it is mended', async () => {
    const live = await deploy(rendering('tal', '<p>good</p>'))
    expect(await refusal(rendering('tal', '<p>bad'))).not.toBeNull()
    expect(test.control.routes.current().realms.get(live.realmId)).toMatchObject({
      deployment: live.deployment,
      cells: [{ id: 'cell-1' }],
    })
    expect((await client.deployments.list({ params })).items).toHaveLength(1)
    expect(await deploy(rendering('tal', '<p>mended</p>'))).toMatchObject({ changed: true })
  })

  it('is read in the language it is rendered in, and not at all where nothing renders it', async () => {
    const text = 'a < b {if x}'
    const unnamed = { scripts: [{ name: 'main.js', source: 'zimki.render.tal(name)' }] }
    expect(await refusal(rendering('tal', text, unnamed))).toBeNull()
    expect(await refusal(rendering('trimpath', 'a < b'))).toBeNull()
    const both = 'zimki.render.tal("page.html"); zimki.render.trimpath("page.html")'
    const error = await refusal(rendering('tal', text, { scripts: [{ name: 'main.js', source: both }] }))
    expect(error?.details.faults).toHaveLength(2)
  })

  it('is found among the published files too, once, whatever it is called', async () => {
    const bad = '\n<p>'
    await upload(bad)
    const source = 'zimki.render.tal("a/page.html"); zimki.render.tal("/a/page.html")'
    const scripts = [{ name: 'main.js', source }]
    const error = await refusal(artifactOf({ scripts, files: [file('a/page.html', bad)] }))
    expect(error?.details.faults).toEqual([
      {
        file: 'files/a/page.html',
        line: 2,
        column: 1,
        message: expect.stringContaining('<p> is not closed'),
      },
    ])
  })

  it('shows nothing of a file that the realm does not have', async () => {
    const secret = '<p tal:content="the secret"/>'
    await upload(secret)
    const body = rendering('tal', '', { templates: [], files: [file('page.html', secret)] })
    const other = (await test.customer()).client
    const stolen = other.deployments.create({ params: { realm: 'thief' }, query, body })
    await expect(stolen).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.not.stringContaining('secret'),
    })
  })
})

describe('a program of 2006 with E4X', () => {
  const said = async (source: string) =>
    (await refusal(artifactOf({ scripts: [{ name: 'main.js', source }] })))?.message

  it.each([
    ['function page() {\n  return <page/>\n}', '2:10'],
    ['var x =\n  <page/>', '2:3'],
    ['f(<a/>)', '1:3'],
    ['for each (var i in xs) f(i)', '1:5'],
    ['x.@id', '1:3'],
    ['x..item', '1:3'],
    ['default xml namespace = "urn:a"', '1:1'],
  ])('is refused with its place, and told that this is gone: %j', async (source, place) => {
    expect(await said(source)).toMatch(
      new RegExp(`^javascript/main\\.js:${place}: SyntaxError: .*E4X.* is gone from JavaScript: \\w`),
    )
  })

  it.each(['if (a < b {', 'function f<T>(x) {}', 'var x: Array<string> = []', 'f(a, b'])(
    'is not what an ordinary mistake is taken for: %j',
    async (source) => {
      expect(await said(source)).toMatch(/^javascript\/main\.js:1:\d+: SyntaxError: (?!.*E4X)/)
    },
  )
})

describe('all that is wrong', () => {
  it('is told at once', async () => {
    const error = await refusal(
      rendering('tal', '<p>', {
        scripts: [
          { name: 'a.js', source: 'var a = ;' },
          { name: 'b.js', source: '\nzimki.render.tal("page.html")\nzimki.render.tal("gone.html")' },
        ],
        tests: [{ name: 't.js', source: '}' }],
      }),
    )
    expect(error?.details).toMatchObject({ file: 'javascript/a.js', line: 1, column: 9 })
    expect(error?.message.split('\n')).toEqual([
      '4 things are wrong. Nothing was deployed; mend them and deploy again:',
      expect.stringContaining('javascript/a.js:1:9: SyntaxError'),
      expect.stringContaining('unittests/t.js:1:1: SyntaxError'),
      expect.stringContaining('javascript/b.js:3: missing template "gone.html"'),
      expect.stringContaining('templates/page.html:1:1: <p> is not closed'),
    ])
  })

  it('is bounded in number', async () => {
    const scripts = Array.from({ length: 500 }, (_, n) => ({ name: `${n}.js`, source: '}' }))
    const error = await refusal(artifactOf({ scripts }))
    expect(error?.details.faults).toHaveLength(20)
    expect(error?.message).toContain('The first 20 things are wrong')
  })
})

describe('a hostile template', () => {
  it.each([
    ['nested ten thousand deep', 'tal', '<b tal:omit-tag="">'.repeat(10_000), 'nested more than 512 deep'],
    ['of statements nested deep', 'trimpath', '{if 1}'.repeat(10_000), 'nested more than 200 deep'],
    ['of an expression nested deep', 'trimpath', `\${${'('.repeat(100_000)}}`, 'is not valid JavaScript'],
    ['that swallows what comes after it', 'trimpath', '${`}{/if}', 'belongs to {if}'],
  ] as const)('%s is refused', async (_, engine, source, message) => {
    expect((await refusal(rendering(engine, source)))?.message).toContain(message)
  })

  it('is parsed and never run', async () => {
    const trap = '(globalThis.reached = true)'
    const tal = `<p tal:define="x javascript:${trap}" tal:content="javascript:${trap}"/>`
    expect(await refusal(rendering('tal', tal))).toBeNull()
    expect(
      await refusal(rendering('trimpath', `\${${trap}}{eval}${trap}{/eval}{var x = ${trap}}`)),
    ).toBeNull()
    // Code that closes what it is put into and goes on after it.
    expect(
      await refusal(rendering('trimpath', `{eval}})()); ${trap}; _OUT.write((function () {{/eval}`)),
    ).toBeNull()
    expect(await refusal(rendering('tal', `<p tal:content="javascript:1)} ${trap} {(1"/>`))).not.toBeNull()
    expect('reached' in globalThis).toBe(false)
  })

  it('that is too large to be looked at here is left to the cell that renders it', async () => {
    const padding = ' '.repeat(TEMPLATE_BOUNDS.oneBytes)
    expect(await refusal(rendering('tal', `<p>${padding}`))).toBeNull()
    const bad = `<p>${padding}`
    await upload(bad)
    for (const size of [bad.length, 5]) {
      const files = [file('page.html', bad, size)]
      expect(await refusal(rendering('tal', '', { templates: [], files }))).toBeNull()
    }
  })

  it('costs no more when there are thousands of them: those beyond a bound are left to the cell', async () => {
    const names = Array.from({ length: 5_000 }, (_, n) => `p${n}.html`)
    const text = ' '.repeat(Math.ceil(TEMPLATE_BOUNDS.allBytes / 1_000))
    const templates = names.map((name, n) => ({ name, source: n < 1_000 ? text : '<p>' }))
    const source = names.map((name) => `zimki.render.tal("${name}")`).join('\n')
    const scripts = [{ name: 'main.js', source }]
    expect(await refusal(artifactOf({ scripts, templates }))).toBeNull()
  })
})
