// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${} is the language under test
import { describe, expect, it } from '@jest/globals'
import { parseTemplate, renderTrimPath } from './index.ts'

const render = (source: string, data: unknown = {}, maxOutputLength?: number) =>
  renderTrimPath(source, data, { name: 't', ...(maxOutputLength === undefined ? {} : { maxOutputLength }) })

describe('hostile templates', () => {
  it('a macro that calls itself without an end is an error with a line', () => {
    expect(() => render('{macro m()}${m()}{/macro}\n${m()}')).toThrow(/template "t", line 1: RangeError/)
  })

  it('macros that double one another meet the limit of the output, not of the memory', () => {
    const laughs = Array.from({ length: 60 }, (_, n) => `{macro m${n + 1}()}\${m${n}()}\${m${n}()}{/macro}`)
    const source = `{macro m0()}ha{/macro}${laughs.join('')}\${m60()}`
    expect(() => render(source, {}, 100_000)).toThrow('the output is too long')
  })

  it('a loop that writes without an end meets it too', () => {
    expect(() => render('{eval}for (;;) _OUT.write("x"){/eval}', {}, 10_000)).toThrow(
      'the output is too long',
    )
  })

  it('statements nested more than 200 deep are refused', () => {
    expect(render(`${'{if 1}'.repeat(200)}x${'{/if}'.repeat(200)}`)).toBe('x')
    for (const open of ['{if 1}', '{for x in y}', '{macro m()}'])
      expect(() => render(open.repeat(10_000))).toThrow('more than 200 deep')
  })

  it('expressions nested ten thousand deep are an error, not a crash', () => {
    expect(() => render(`\${${'('.repeat(100_000)}}`)).toThrow('template "t", line 1: ')
  })

  it.each([
    '${',
    '${%',
    '{',
    '{if',
    '{if ',
    '{/if',
    '{cdata',
    '$',
    '}',
    '%}',
    '\n',
    '${a|',
    '${1}',
    '{var a = 1}',
    '\\{if ',
    '{for x in ',
  ])('a megabyte of %j is read in one pass', (piece) => {
    const source = piece.repeat(1_000_000 / piece.length)
    try {
      expect(typeof parseTemplate(source, 't').source).toBe('string')
    } catch (error) {
      expect(String(error)).toMatch(/template "t", line \d+/)
    }
  })
})

describe('hostile data', () => {
  it('cannot leave the text: nothing of it is read as a template or as JavaScript', () => {
    const x = '${1}{if true}</script>"); process.exit(); ("'
    expect(render('${x}', { x })).toBe(x)
    expect(render('${x|h}', { x: '<script>' })).toBe('&lt;script&gt;')
  })

  it('cannot take the place of what the template runs on', () => {
    const trap = () => {
      throw new Error('reached')
    }
    const data = { _OUT: { write: trap }, _FLAGS: null, _MODIFIER: trap, _BEGIN: trap, x: 'y' }
    expect(render('a {if x}${x|h}{/if}{macro m()}z{/macro}${m()}', data)).toBe('ayz')
  })

  it('leaves prototypes alone', () => {
    const data = JSON.parse('{"__proto__":{"polluted":1},"_MODIFIERS":{"__proto__":{"evil":1}},"x":"v"}')
    expect(render('{var polluted2 = 2}${x|h}', data)).toBe('v')
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    expect(({} as Record<string, unknown>).evil).toBeUndefined()
  })

  it('may throw anything', () => {
    const f = () => {
      throw null
    }
    expect(() => render('\n${f()}', { f })).toThrow('template "t", line 2: null')
  })

  it('may be anything', () => {
    for (const data of [null, undefined, 1, 'x', [], Object.create(null), new Proxy({}, {})])
      expect(render('a', data)).toBe('a')
  })
})
