// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${} is the language under test
import { describe, expect, it } from '@jest/globals'
import { parseTemplate, renderTrimPath, TemplateError } from './index.ts'

const render = (source: string, data: unknown = {}) => renderTrimPath(source, data, { name: 'page.jst' })

describe('ZIMKI-API 5: zimki.render.trimpath', () => {
  it('writes ${expr}, with nothing for null and undefined', () => {
    expect(
      render('Hello ${user.name}, ${1 + 1} ${nul}${undefined}${false}${0}|', {
        user: { name: 'Ann' },
        nul: null,
      }),
    ).toBe('Hello Ann, 2 false0|')
  })

  it('takes ${% expr %} for expressions with braces', () => {
    expect(render("${% link({ a: 'x' }) %} ${%n%}", { link: (o: { a: string }) => o.a, n: 3 })).toBe('x 3')
    expect(render('${% [1,\n 2].map(function (x) { return x * 2 }) %}')).toBe('2,4')
  })

  it('applies modifiers from left to right, with arguments', () => {
    expect(
      render('${a|capitalize} ${b|default:"none"|capitalize} ${c|eat}!', { a: 'x', b: null, c: 'gone' }),
    ).toBe('X NONE !')
    expect(render('${a|escape}|${a|h}', { a: '<b title="1\'">&' })).toBe(
      '&lt;b title=&quot;1&#39;&quot;&gt;&amp;|&lt;b title=&quot;1&#39;&quot;&gt;&amp;',
    )
  })

  it('tells the | of a modifier from that of JavaScript', () => {
    expect(
      render('${a || "x|y"} ${b|default:"p|q:r"} ${(6 | 1)} ${c|default:f("a", 2)}', {
        a: '',
        b: null,
        c: null,
        f: (...x: unknown[]) => x.join(),
      }),
    ).toBe('x|y p|q:r 7 a,2')
  })

  it('takes modifiers of data._MODIFIERS, before its own', () => {
    const data = { n: 2, _MODIFIERS: { times: (v: number, a: number, b = 1) => v * a * b, h: () => 'mine' } }
    expect(render('${n|times:3} ${n|times:3,4} ${n|h}', data)).toBe('6 24 mine')
    expect(Object.keys(data)).toEqual(['n', '_MODIFIERS'])
  })

  it('chooses with {if} {elseif} {else} {/if}', () => {
    const source = '{if n > 1}many{elseif n == 1}one{else}none{/if}'
    expect([2, 1, 0].map((n) => render(source, { n }))).toEqual(['many', 'one', 'none'])
    expect(render('{if defined("x")}x{else}no{/if}{if defined("y")}y{/if}', { y: 1 })).toBe('noy')
  })

  it('walks arrays and objects with {for}, names the key x_index and counts in x_ct', () => {
    expect(render('{for x in list}${x_index}=${x} ${x_ct};{/for}', { list: ['a', 'b'] })).toBe('0=a 1;1=b 2;')
    expect(render('{for x in o}${x_index}:${x} {/for}|', { o: { k: 1, f: () => 1, l: 2 } })).toBe('k:1l:2|')
    expect(render('{for c in [1,2]}${c}{/for}{for s in "ab"}${s}{/for}')).toBe('12ab')
  })

  it('takes {forelse} for an empty list, null and undefined', () => {
    const source = '{for x in list}${x}{forelse}empty{/for}'
    expect([[1], [], null, undefined, {}].map((list) => render(source, { list }))).toEqual([
      '1',
      'empty',
      'empty',
      'empty',
      'empty',
    ])
  })

  it('nests loops, also over the same name', () => {
    const data = {
      rows: [
        { id: 'a', rows: [{ id: 'b', rows: [] }] },
        { id: 'c', rows: [] },
      ],
    }
    expect(render('{for r in rows}${r.id}({for r in r.rows}${r.id}{forelse}-{/for}){/for}', data)).toBe(
      'a(b)c(-)',
    )
  })

  it('declares with {var}, and never writes to the data', () => {
    const data = Object.freeze({ x: 1, list: [5] })
    expect(render('{var x = 2}{var y = x + 1, z = 4}${x}${y}${z}{for x in list}${x}{/for}', data)).toBe(
      '2345',
    )
    expect(data.x).toBe(1)
  })

  it('defines with {macro} what expressions call', () => {
    const source =
      '{macro link(href, text)}<a href="${href}">${text|default:href}</a>{/macro}${link("/a", "A")} ${link("/b")}'
    expect(render(source)).toBe('<a href="/a">A</a> <a href="/b">/b</a>')
    expect(render('{macro fact(n)}{if n < 2}1{else}${n * fact(n - 1)}{/if}{/macro}${fact(5)}')).toBe('120')
    expect(render('{macro none}x{/macro}${none()}')).toBe('x')
  })

  it("leaves alone what stands in {cdata}, with a marker of one's own too", () => {
    expect(render('{cdata}${x} {if y}{/cdata}!')).toBe('${x} {if y}!')
    expect(render('{cdata END}{/cdata} ${x}END!')).toBe('{/cdata} ${x}!')
  })

  it('runs {eval} and writes what it returns', () => {
    expect(
      render('{eval}var n = 2; return n + x{/eval}|{eval END}if (x) { }END|{eval}{/eval}', { x: 1 }),
    ).toBe('3||')
  })

  it('squeezes white space in {minify}', () => {
    expect(render('a{minify}\n  <b>\n\n   x </b>  {/minify}b')).toBe('a<b> x </b>b')
  })

  it('takes a statement on a line of its own without a trace, unless keepWhitespace', () => {
    const source = 'a\n{if true}\n  b\n{/if}\nc\n\n'
    expect(render(source)).toBe('a\n  b\nc')
    expect(renderTrimPath(source, {}, { name: 'x', keepWhitespace: true })).toBe('a\n\n  b\n\nc')
    expect(render('a\t\r\nb\rc')).toBe('a    \nb\nc')
  })

  it('takes for a statement only what is one', () => {
    const source = '{format} {iffy} {} { if x} \\{if x} {var_x} { color: red } {variable: 1}'
    expect(render(source)).toBe(source)
    expect(render('a ${open\n{if x')).toBe('a ${open\n{if x')
  })

  it('keeps quotes, backslashes and line separators of the text', () => {
    expect(render('"\\n" \\ \u2028 </script> `${1}`')).toBe('"\\n" \\ \u2028 </script> `1`')
  })

  it.each([
    ['\n${nope}', 2, 'ReferenceError: nope is not defined'],
    ['{for x in [1]}\n\n${x.y.z}{/for}', 3, 'TypeError'],
    ['{macro m()}\n${nope}\n{/macro}\n\n${m()}', 2, 'nope is not defined'],
    ['{macro m()}\n\n{/macro}\n${m()}${nope}', 4, 'nope is not defined'],
    ['{if true}\n\n{/if}\n{if nope}{/if}', 4, 'nope is not defined'],
    ['{if false}{elseif\n nope}{/if}', 1, 'nope'],
    ['a\n{eval}\nreturn nope{/eval}', 2, 'nope'],
    ['\n${1|zip}', 2, 'there is no modifier "zip"; there are eat, escape'],
    ['\n${1|constructor}', 2, 'there is no modifier "constructor"'],
    ['a\nb ${1 +} c', 2, '${1 +} is not valid JavaScript'],
    ['\n${1|default:(}', 2, 'is not valid JavaScript'],
    ['\n{if )}{/if}', 2, '{if )} is not valid JavaScript'],
    ['\n{eval}return {{/eval}', 2, '{eval} is not valid JavaScript'],
    ['\n{var = 1}', 2, '{var = 1} is not valid JavaScript'],
    ['\n{if}x{/if}', 2, '{if} needs a condition'],
    ['\n{for x of y}{/for}', 2, '{for name in list}'],
    ['{for a.b in y}{/for}', 1, '{for name in list}'],
    ['{for x in }{/for}', 1, '{for name in list}'],
    ['{macro 1()}{/macro}', 1, '{macro name(a, b)}'],
    ['{var}', 1, '{var} needs a name'],
    ['\n{if 1}\n{/for}', 3, '{/for} stands inside {if} of line 2'],
    ['x{else}', 1, '{else} stands by itself'],
    ['{/if}', 1, '{/if} stands by itself'],
    ['{if 1}{else}{elseif 2}{/if}', 1, '{elseif} stands inside {else}'],
    ['{for x in y}{forelse}{forelse}{/for}', 1, '{forelse} stands inside {forelse}'],
    ['\n{if 1}\n', 2, '{if} is not closed; add {/if}'],
    ['\n{cdata}x', 2, '{cdata} is not closed'],
    ['{eval END}x', 1, 'end it with END'],
    ['{minify x', 1, '{minify has no closing }'],
  ])('names template and line in errors: %j', (source, line, message) => {
    let error: unknown
    try {
      render(source)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(TemplateError)
    expect(error).toMatchObject({ template: 'page.jst', line })
    expect((error as Error).message).toContain(`template "page.jst", line ${line}: `)
    expect((error as Error).message).toContain(message)
  })

  it('gives as parsed template the object that programs of 2006 know', () => {
    const template = parseTemplate('a ${x}', 'name')
    expect([template.name, template.source, String(template)]).toEqual([
      'name',
      'a ${x}',
      'TrimPath.Template [name]',
    ])
    expect(template.process({ x: 1 })).toBe('a 1')
    const failed = template.process({}) as unknown as string & { exception: unknown }
    expect(String(failed)).toBe('a [ERROR: template "name", line 1: ReferenceError: x is not defined]')
    expect(failed.exception).toBeInstanceOf(TemplateError)
    expect(() => template.process({}, { throwExceptions: true })).toThrow('line 1')
    expect(parseTemplate('x').process(null, null)).toBe('x')
  })
})
