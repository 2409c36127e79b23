import { Script } from 'node:vm'
import { describe, expect, it } from '@jest/globals'
import { e4xHint } from './index.ts'

/** What V8 says of a program, and what is added to it. */
function hintFor(source: string): string {
  try {
    new Script(source)
  } catch (error) {
    return e4xHint((error as Error).message, source)
  }
  throw new Error(`this compiles: ${source}`)
}

describe('e4xHint', () => {
  it.each([
    ['a literal that is returned', 'function f() { return <page/> }'],
    ['a literal on a line of its own', 'var x =\n  <page/>'],
    ['a literal after a comment', 'var x = // the page\n /* now */ <page>it</page>'],
    ['a literal with attributes', 'f(<a href={url}>it</a>)'],
    ['a literal as a case', 'switch (x) { case <a/>: f() }'],
    ['a literal of text', 'var x = <![CDATA[a]]>'],
    ['a list', 'var x = <><a/></>'],
    ['a name that is computed', 'var x = <{name}>it</{name}>'],
    ['for each', 'for each (var i in xs) f(i)'],
    ['an attribute', 'var id = x.@id'],
    ['an attribute of any depth', 'var ids = x..@id'],
    ['an element of any depth', 'var all = page..item'],
    ['a filter', 'var one = items.(@id == 1)'],
    ['all attributes', 'var all = x.@*'],
    ['all children', 'var all = x.*'],
    ['a default namespace', 'default xml namespace = "urn:a"'],
  ])('knows %s', (_, source) => {
    expect(hintFor(source)).toMatch(/E4X/)
  })

  it.each([
    ['a comparison without its bracket', 'if (a < b {'],
    ['two signs', 'if (a << < b) f()'],
    ['a generic function', 'function f<T>(x) { return x }'],
    ['a generic arrow', 'const f = <T>(x) => x'],
    ['a generic type', 'var m = new Map<string, number>()'],
    ['a cast', 'var a = <string>b'],
    ['a type', 'var a: Array<string> = []'],
    ['markup in a string', 'var a = "return <b/>"; function f<T>() {}'],
    ['markup in a comment', '// x = <b/>\nclass A<T> {}'],
    ['a stray sign', 'var a = @b'],
    ['a spread', 'f(a...b)'],
    ['a call of nothing', 'var a = (1 + ('],
    ['a number with two points', 'f(1..x.); a..'],
    ['another word before a bracket', 'for some (var i in xs) f(i)'],
    ['a default without a switch', 'default: f()'],
  ])('has nothing to say of %s', (_, source) => {
    expect(hintFor(source)).toBe('')
  })

  it('says nothing of a SyntaxError that is not of the program', () => {
    const source = 'JSON.parse("<p>"); var x = "<p>"'
    expect(e4xHint(`Unexpected token '<', "<p>" is not valid JSON`, source)).toBe('')
  })

  it('takes time in proportion to the source', () => {
    for (const part of ['=<a ', '= ', 'a', 'a.', '=<a\n', 'for ', '<', 'return '])
      expect(e4xHint("Unexpected token '<'", part.repeat(400_000))).toBe('')
    for (const part of ['a.', 'a', '..', '$)'])
      expect(e4xHint("Unexpected token '.'", part.repeat(400_000))).toBe('')
  })
})
