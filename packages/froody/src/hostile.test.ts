import { describe, expect, it } from '@jest/globals'
import { invoke, parseExample, pour } from './index.ts'

const registry = new Map([
  [
    'echo',
    { fn: (text: unknown) => ({ text, '-text': text }), example: '<echo text=""/>', argSpec: { text: {} } },
  ],
])
const ask = (params: Record<string, unknown>) => invoke(registry, { method: 'echo', text: 'x', ...params })

describe('hostile requests', () => {
  it.each([
    'alert(1)',
    'a;b',
    'a b',
    'a.',
    '.a',
    '<x>',
    'a[0]',
    'a\nb',
    '/**/a',
    "a'",
    '1a',
    'a'.repeat(129),
    'é',
  ])('the callback %j is refused, and nothing of it comes back', (callback) => {
    const { body, mimetype } = ask({ _type: 'json', _json_callback: callback })
    expect(mimetype).toBe('application/json; charset=utf-8')
    expect(body).toBe(
      '{"stat":"fail","data":{"code":"perl.methodcall.param","msg":"_json_callback must be a name such as app.onData"}}',
    )
  })

  it('cannot break out of XML, text or attribute', () => {
    const text = '"/><script>&]]>\'\n\t\u0000\ud800'
    expect(ask({ text }).body).toContain(
      '<echo text="&quot;/&gt;&lt;script&gt;&amp;]]&gt;\'&#10;&#9;\ufffd\ufffd">"/&gt;&lt;script&gt;&amp;]]&gt;\'\n\t\ufffd\ufffd</echo>',
    )
  })

  it('cannot break out of JSON into HTML or script', () => {
    const { body } = ask({ text: '</script><!--\u2028\u2029', _type: 'json', _json_callback: 'f' })
    expect(body).not.toMatch(/[<\u2028\u2029]/)
    expect(JSON.parse(body.slice(2, -2)).data.text).toBe('</script><!--\u2028\u2029')
  })

  it('with another form, with parameters twice, or with names of Object.prototype are answered', () => {
    expect(ask({ _type: 'yaml' }).body).toContain('_type must be xml or json')
    expect(ask({ _type: ['json', 'xml'] }).mimetype).toContain('json')
    expect(invoke(registry, JSON.parse('{"__proto__":{"method":"echo"}}')).body).toContain(
      'Missing argument: method',
    )
    expect(ask({ text: { toString: 1 } }).body).toContain('<rsp stat="ok">')
    expect(ask({ method: 'x'.repeat(100_000) }).body.length).toBeLessThan(500)
  })
})

describe('hostile examples and data', () => {
  it('are refused more than 64 levels deep', () => {
    expect(() => parseExample('<a>'.repeat(10_000))).toThrow('more than 64 levels')
    expect(pour({}, `${'<a>'.repeat(64)}${'</a>'.repeat(64)}`)).toBe('<a/>')
  })

  it.each(['<', '<a ', '<a/>', '<a b="', '<!--', '<![CDATA[', '<?', '</', '<a b="" ', '&', '<a></a>'])(
    'a megabyte of %j is read in one pass',
    (piece) => {
      try {
        expect(parseExample(piece.repeat(1_000_000 / piece.length)).length).toBeGreaterThanOrEqual(0)
      } catch (error) {
        expect(String(error)).toContain('line 1: ')
      }
    },
  )

  it('may loop or grow: the example bounds what is written', () => {
    const loop: Record<string, unknown> = { id: 1 }
    loop.node = loop
    expect(pour(loop, '<node id=""><node id=""/></node>')).toBe('<node id="1"><node id="1"/></node>')
  })

  it('may throw anything from getters and toString; the answer is still an answer', () => {
    const data = {
      get text(): string {
        throw new Error('getter')
      },
    }
    const answer = invoke(new Map([['m', { fn: () => data, example: '<a text=""/>' }]]), { method: 'm' })
    expect(answer.body).toContain('<err code="perl.methodcall" msg="getter"/>')
  })

  it('cannot be what JSON cannot hold', () => {
    const answer = invoke(new Map([['m', { fn: () => ({ n: 10n }), example: '<a n=""/>' }]]), {
      method: 'm',
      _type: 'json',
    })
    expect(answer.body).toContain('"stat":"fail"')
  })
})
