import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { TestCell } from '../testing/test-cell.ts'

const TAL = `<div xmlns:tal="http://xml.zope.org/namespaces/tal"><h1 tal:content="title">x</h1>
<ul><li tal:repeat="p pages" tal:attributes="class string:n\${repeat/p/number}" tal:content="p/name">x</li></ul><br/>
<p tal:condition="not:pages/0" tal:content="structure string:none">x</p><i tal:replace="javascript:1 + pages.length">x</i></div>`

/** ZIMKI-API section 5: templates, in the isolate. The engines' own tests are in packages/tal and packages/trimpath. */
describe('ZIMKI-API 5: templates', () => {
  let cell: TestCell
  beforeAll(async () => {
    cell = await TestCell.open()
  })
  afterAll(() => cell.close())

  const render = (call: string) => `zimki.publishPath("/", function () { return ${call} })`

  it('zimki.render.tal renders a template with the data, escaped', async () => {
    const realm = await cell.script(
      render('zimki.render.tal("page", { title: "a < b", pages: [{ name: "one" }, { name: "two" }] })'),
      {
        templates: { page: TAL },
      },
    )
    const html = await realm.text('/')
    expect(html).toContain('<h1>a &lt; b</h1>')
    expect(html).toMatch(/<li class="n1">one<\/li>\s*<li class="n2">two<\/li>/)
    expect(html).toContain('<br>')
    expect(html).toContain('3</div>')
    expect(html).not.toContain('none')
  })

  it('calls methods of stored objects in a path', async () => {
    const realm = await cell.script(
      `Page.prototype.shout = function () { return this.name.toUpperCase() };
       zimki.publishPath("/", function () { return zimki.render.tal("t", { page: Page.create({ name: "ann" }) }) })`,
      {
        classes: ['Page'],
        templates: { t: '<b xmlns:tal="http://xml.zope.org/namespaces/tal" tal:content="page/shout"/>' },
      },
    )
    expect(await realm.text('/')).toContain('ANN')
  })

  it('zimki.render.trimpath renders, and knows the modifiers handed in', async () => {
    const realm = await cell.script(
      render(
        'zimki.render.trimpath("t", { list: ["a", "<b>"], _MODIFIERS: { twice: function (s) { return s + s } } })',
      ),
      {
        templates: {
          t: '{for x in list}${x_index}=${x|h|twice},{forelse}none{/for}{if list.length > 1}many{else}few{/if}',
        },
      },
    )
    expect(await realm.text('/')).toBe('0=aa,1=&lt;b&gt;&lt;b&gt;,many')
  })

  it('looks a name up among the templates, then the files', async () => {
    const realm = await cell.script(render('zimki.render.trimpath("in-file", { n: 1 })'), {
      files: { 'in-file': 'from a file ${n}' },
    })
    expect(await realm.text('/')).toBe('from a file 1')
  })

  it('takes the template where a file has the same name', async () => {
    const realm = await cell.script(render('zimki.render.trimpath("twin") + zimki.render.tal("twin")'), {
      templates: { twin: 'template' },
      files: { twin: 'file' },
    })
    expect(await realm.text('/')).toBe('templatetemplate')
  })

  it('renders without data', async () => {
    const realm = await cell.script(render('zimki.render.trimpath("t") + zimki.render.tal("u")'), {
      templates: { t: '{var n = 2}n is ${n}{if defined("x")}, x{/if}', u: '<br/>' },
    })
    expect(await realm.text('/')).toBe('n is 2<br>')
  })

  it.each([
    ['parsed', '<p>\n{if x}</p>', 'template "bad", line 2: {if} is not closed'],
    ['rendered', '<p>\n\n${boom()}</p>', 'template "bad", line 3: Error: too far'],
  ])('names the template and the line of what TrimPath has %s', async (_, bad, message) => {
    const data = '{ boom: function () { throw new Error("too far") } }'
    const realm = await cell.script(render(`zimki.render.trimpath("bad", ${data})`), { templates: { bad } })
    await realm.failure('/')
    expect(cell.logs.at(-1)?.text).toContain(message)
  })

  it('names the template and the line in errors', async () => {
    const realm = await cell.script(render('zimki.render.tal("bad", {})'), {
      templates: { bad: '<div>\n<p>\n</div>' },
    })
    await realm.failure('/')
    expect(cell.logs.at(-1)?.text).toMatch(/bad.*line [23]|bad:[23]/)
    const missing = await cell.script(render('zimki.render.tal("nope", {})'))
    await missing.failure('/')
    expect(cell.logs.at(-1)?.text).toContain('nope')
  })
})
