// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${} is the language under test
import { describe, expect, it } from '@jest/globals'
import { compileTal, renderTal, TemplateError } from './index.ts'

const render = (source: string, data: unknown = {}) => renderTal(source, data, { name: 'page.tal' })
const errorOf = (run: () => unknown): TemplateError => {
  try {
    run()
  } catch (error) {
    if (error instanceof TemplateError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('ZIMKI-API 5: zimki.render.tal', () => {
  it('defines local names for the element and what is in it, and global ones for the rest of the page', () => {
    const source =
      '<div><p tal:define="a one; global b string:x;;y"><i tal:content="a"/><i tal:content="b"/></p>' +
      '<i tal:content="a"/><i tal:content="b"/></div>'
    expect(render(source, { one: 1 })).toBe('<div><p><i>1</i><i>x;y</i></p><i></i><i>x;y</i></div>')
  })

  it('lets a definition use those before it, and prefers local names to global ones and to the data', () => {
    expect(
      render(
        '<p tal:define="local a string:1; b string:${a}2; global a string:g" tal:content="string:$a$b"/>',
      ),
    ).toBe('<p>112</p>')
    expect(render('<p tal:define="title string:mine" tal:content="title"/>', { title: 'data' })).toBe(
      '<p>mine</p>',
    )
  })

  it('removes an element whose condition is false', () => {
    const source = '<p><b tal:condition="v">yes</b><i tal:condition="not:v">no</i></p>'
    for (const no of [undefined, null, false, 0, Number.NaN, '', '0', []])
      expect(render(source, { v: no })).toBe('<p><i>no</i></p>')
    for (const yes of [true, 1, 'x', ' ', '00', [0], {}, new Date(0)])
      expect(render(source, { v: yes })).toBe('<p><b>yes</b></p>')
  })

  it('repeats with index, number, even, odd, start, end and length', () => {
    const row =
      '${repeat/x/index} ${repeat/x/number} ${repeat/x/even} ${repeat/x/odd} ${repeat/x/start} ${repeat/x/end} ${repeat/x/length}'
    expect(render(`<p tal:repeat="x list" tal:content="string:$x ${row}"/>`, { list: ['a', 'b', 'c'] })).toBe(
      '<p>a 0 1 1 0 1 0 3</p><p>b 1 2 0 1 0 0 3</p><p>c 2 3 1 0 0 1 3</p>',
    )
  })

  it('repeats once for what is no list, not at all for nothing, and over any iterable', () => {
    const source = '<div><b tal:repeat="x list" tal:content="x"/></div>'
    expect(render(source, { list: 'word' })).toBe('<div><b>word</b></div>')
    expect(render(source, { list: 0 })).toBe('<div><b>0</b></div>')
    expect(render(source, {})).toBe('<div></div>')
    expect(render(source, { list: [] })).toBe('<div></div>')
    expect(render(source, { list: new Set([1, 2]) })).toBe('<div><b>1</b><b>2</b></div>')
  })

  it('keeps the states of nested repeats apart', () => {
    expect(
      render(
        '<p tal:repeat="r rows"><b tal:repeat="c r" tal:content="string:${repeat/r/number}.${repeat/c/number}=$c"/></p>',
        { rows: [['a', 'b'], ['c']] },
      ),
    ).toBe('<p><b>1.1=a</b><b>1.2=b</b></p><p><b>2.1=c</b></p>')
  })

  it('acts in the order define, condition, repeat, replace, content, attributes, omit-tag, however they are written', () => {
    const source =
      '<b tal:omit-tag="flag" tal:attributes="title x" tal:content="x" tal:repeat="x list" tal:condition="list" tal:define="list items">old</b>'
    expect(render(source, { items: [1, 2] })).toBe('<b title="1">1</b><b title="2">2</b>')
    expect(render(source, { items: [1, 2], flag: 1 })).toBe('12')
    expect(render('<b tal:replace="x" tal:content="nothing">old</b>', { x: 'new' })).toBe('new')
  })

  it.each([
    ['a condition sees what its element defines', 'define="v yes" tal:condition="v"', '<b>old</b>'],
    ['a condition sees that it is defined away', 'define="yes no" tal:condition="yes"', ''],
    ['a condition is asked before a repeat, of the name outside', 'condition="no" tal:repeat="no list"', ''],
    ['and once for all turns', 'condition="yes" tal:repeat="yes zeros"', '<b>old</b><b>old</b>'],
    [
      'a repeat goes over what its element defines',
      'repeat="x own" tal:define="own list" tal:content="x"',
      '<b>1</b><b>2</b>',
    ],
    ['each turn of a repeat is replaced', 'repeat="x list" tal:replace="x"', '12'],
    [
      'a replacement leaves the rest undone',
      'replace="yes" tal:content="boom" tal:attributes="title boom" tal:omit-tag="boom"',
      '1',
    ],
  ])('in this order: %s', (_, directives, html) => {
    const data = {
      ...{ yes: 1, no: 0, list: [1, 2], zeros: [0, 0], x: 'outside' },
      boom: () => {
        throw new Error('evaluated')
      },
    }
    expect(render(`<b tal:${directives}>old</b>`, data)).toBe(html)
  })

  it('replaces and fills with text by default and with markup for structure', () => {
    const data = { html: '<i>&amp;</i>', text: '<i>' }
    expect(render('<p><b tal:replace="text"/><b tal:replace="text text"/></p>', data)).toBe(
      '<p>&lt;i&gt;&lt;i&gt;</p>',
    )
    expect(render('<p tal:content="structure html">x</p>', data)).toBe('<p><i>&amp;</i></p>')
    expect(render('<p tal:content="text">x</p>', { text: 'a variable of this name' })).toBe(
      '<p>a variable of this name</p>',
    )
  })

  it('sets attributes, replaces those that are there, and removes them for nothing and false', () => {
    const source = '<a href="?" class="c" tal:attributes="href url; class gone; title string:a;;b; id off"/>'
    expect(render(source, { url: '/?a=1&b="2"', off: false })).toBe(
      '<a href="/?a=1&amp;b=&quot;2&quot;" title="a;b"></a>',
    )
    expect(
      render('<input tal:attributes="checked yes; disabled no; value n; data-on yes"/>', { yes: true, n: 0 }),
    ).toBe('<input checked="checked" value="0" data-on="true">')
  })

  it('omits a tag but not what is in it', () => {
    expect(
      render('<p><b tal:omit-tag="">a</b><b tal:omit-tag="yes">b</b><b tal:omit-tag="no">c</b></p>', {
        yes: 1,
      }),
    ).toBe('<p>ab<b>c</b></p>')
  })

  it('shows no tag for elements of its own namespace and takes their attributes with and without prefix', () => {
    expect(
      render('<p><tal:block repeat="x list"><i tal:content="x"/></tal:block><tal:x tal:content="a"/></p>', {
        list: [1, 2],
        a: '&',
      }),
    ).toBe('<p><i>1</i><i>2</i>&amp;</p>')
  })

  it('goes by the namespace, not by the prefix', () => {
    const uri = 'http://xml.zope.org/namespaces/tal'
    expect(render(`<p xmlns:t="${uri}"><b t:content="x"/></p>`, { x: 1 })).toBe('<p><b>1</b></p>')
    expect(render('<p xmlns:tal="urn:other"><b tal:content="x"/></p>', { x: 1 })).toBe(
      '<p xmlns:tal="urn:other"><b tal:content="x"></b></p>',
    )
    expect(render(`<p><b xmlns:t="${uri}" t:content="x"/><b t:content="x"/></p>`, { x: 1 })).toBe(
      '<p><b>1</b><b t:content="x"></b></p>',
    )
  })

  it('leaves what is there for default and gives nothing for nothing', () => {
    expect(
      render(
        '<p><b tal:content="x | default">old</b><b title="t" tal:attributes="title x | default"/><b tal:replace="default">r</b>' +
          '<b tal:repeat="y default">once</b><b tal:condition="default">c</b><b tal:content="nothing">n</b></p>',
      ),
    ).toBe('<p><b>old</b><b title="t"></b><b>r</b><b>once</b><b>c</b><b></b></p>')
    expect(render('<b tal:content="CONTEXTS/options/a"/>', { a: 1 })).toBe('<b>1</b>')
    expect(render('<b tal:content="nothing"/>', { nothing: 'mine' })).toBe('<b>mine</b>')
  })

  it('never writes to the data', () => {
    const data = Object.freeze({ list: Object.freeze([1]) })
    expect(
      render('<b tal:repeat="x list" tal:define="global list string:y; z x" tal:content="list"/>', data),
    ).toBe('<b>y</b>')
    expect(Object.keys(data)).toEqual(['list'])
  })

  it('names the template and the line in errors, of parsing and of running', () => {
    const running = errorOf(() =>
      render('<div>\n <p\n   tal:content="boom"/>\n</div>', {
        boom: () => {
          throw new RangeError('too far')
        },
      }),
    )
    expect(running).toMatchObject({ template: 'page.tal', line: 3 })
    expect(running.message).toBe('template "page.tal", line 3: RangeError: too far')
    expect((running.cause as Error).message).toBe('too far')
    expect(errorOf(() => compileTal('<p>\n<b>\r\n</p>', { name: 'x' })).message).toMatch(
      'template "x", line 3: </p> stands where </b> must come first (opened in line 2)',
    )
  })

  it('compiles once and renders often', () => {
    const template = compileTal('<b tal:content="x"/>', { name: 'x' })
    expect([template({ x: 1 }), template({ x: 2 }), template(null)]).toEqual([
      '<b>1</b>',
      '<b>2</b>',
      '<b></b>',
    ])
  })
})
