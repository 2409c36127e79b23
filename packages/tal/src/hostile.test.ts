import { describe, expect, it } from '@jest/globals'
import { renderTal } from './index.ts'

const render = (source: string, data: unknown = {}, maxOutputLength?: number) =>
  renderTal(source, data, { name: 't', ...(maxOutputLength === undefined ? {} : { maxOutputLength }) })

describe('hostile data', () => {
  it('cannot leave text, attributes, scripts or styles', () => {
    const data = { x: '</script></style>"\'><script>alert(1)</script><!--' }
    const page = render(
      '<div title="" tal:attributes="title x"><b tal:content="x"/><script tal:content="x"/><style tal:content="x"/>' +
        '<script>a("<tal:b replace="x"/>")</script></div>',
      data,
    )
    expect(page.match(/<script/g)).toHaveLength(5)
    expect(page.match(/<\/script/g)).toHaveLength(2)
    expect(page.match(/<\/style/g)).toHaveLength(1)
    expect(page).not.toContain('<!--')
    expect(page).toContain('title="&lt;/script&gt;&lt;/style&gt;&quot;\'&gt;')
  })

  it('cannot name attributes or elements', () => {
    expect(render('<b tal:attributes="title x"/>', { x: '" onclick="evil' })).toBe(
      '<b title="&quot; onclick=&quot;evil"></b>',
    )
  })

  it('is not read as TAL again, not even as structure', () => {
    expect(render('<p tal:content="structure x"/>', { x: '<b tal:content="y"/>', y: 'no' })).toBe(
      '<p><b tal:content="y"/></p>',
    )
  })

  it('may throw, from getters, methods and toString, and the error says where', () => {
    const data = {
      get g(): string {
        throw new Error('getter')
      },
      s: {
        toString() {
          throw new Error('text')
        },
      },
      n: Object.create(null),
      thrown() {
        throw null
      },
    }
    for (const name of ['g', 's', 'n', 'thrown'])
      expect(() => render(`\n<b tal:content="${name}"/>`, data)).toThrow('template "t", line 2: ')
  })

  it('may recurse until the stack ends, as an error', () => {
    const data = { f: (): unknown => data.f() }
    expect(() => render('<b tal:content="f"/>', data)).toThrow('template "t", line 1: RangeError')
  })

  it('cannot make a page without an end', () => {
    const data = {
      list: {
        *[Symbol.iterator]() {
          for (let i = 0; i < 1000; i++) yield i
        },
      },
    }
    const source = '<a tal:repeat="a list"><b tal:repeat="b list"><c tal:repeat="c list">text</c></b></a>'
    expect(() => render(source, data, 100_000)).toThrow('the output is too long')
  })
})

describe('hostile templates', () => {
  it('are refused when nested more than 512 deep, with TAL or without', () => {
    expect(render(`${'<b>'.repeat(512)}${'</b>'.repeat(512)}`)).toHaveLength(512 * 7)
    const tal = '<b tal:omit-tag="">'
    expect(render(`${tal.repeat(512)}x${'</b>'.repeat(512)}`)).toBe('x')
    for (const open of ['<b>', tal, '<tal:b repeat="x y">'])
      expect(() => render(open.repeat(10_000))).toThrow('nested more than 512 deep')
  })

  it('have no entities of their own to expand', () => {
    const laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><x>&b;</x>'
    expect(() => render(laughs)).toThrow('template "t", line 1: a DOCTYPE with declarations of its own')
    expect(render('<!DOCTYPE x><x tal:content="string:&lol;"/>')).toBe('<!DOCTYPE x><x>&amp;lol;</x>')
  })

  it.each([
    '<',
    '&',
    '<!--',
    '<b ',
    '<b a="',
    '<b a=\'"',
    '<![CDATA[',
    '</',
    '&#',
    '<b/>',
    '<b tal:content="x"/>',
    '\n',
    '<?',
  ])('a megabyte of %j is read in one pass', (piece) => {
    const source = piece.repeat(1_000_000 / piece.length)
    try {
      expect(typeof render(source)).toBe('string')
    } catch (error) {
      expect(String(error)).toMatch(/template "t", line \d+/)
    }
  })

  it.each(['<', '<b ', '<b a="', '<b a=\'" ', '<!--', '</', '<b tal:x', '<b a="1" '])(
    '200 KB of %j in a script are read in one pass',
    (piece) => {
      const body = piece.repeat(200_000 / piece.length)
      expect(render(`<script>${body}</script>`)).toBe(`<script>${body}</script>`)
    },
  )

  it('a tag with a hundred thousand attributes and a long list of statements are read in one pass', () => {
    const attributes = Array.from({ length: 100_000 }, (_, index) => ` a${index}="1"`).join('')
    expect(render(`<b${attributes}/>`)).toHaveLength(attributes.length + 7)
    expect(
      render(`<b tal:attributes="${'a x;'.repeat(100_000)}" tal:define="${'; '.repeat(100_000)}"/>`),
    ).toBe('<b></b>')
  })
})
