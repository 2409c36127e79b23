import { describe, expect, it } from '@jest/globals'
import { functionParameterNames } from './index.ts'

describe('functionParameterNames', () => {
  it.each<[string, string[]]>([
    ['function () {}', []],
    ['function(a,b){}', ['a', 'b']],
    ['function name ( a , b ) { return (c, d) }', ['a', 'b']],
    ['async function* name(a) {}', ['a']],
    ['a => a', ['a']],
    ['async a => a', ['a']],
    ['async => async', ['async']],
    ['(a, b) => (c, d) => 1', ['a', 'b']],
    ['async (a) => 1', ['a']],
    ['method(a, b) {}', ['a', 'b']],
    ['async method(a) {}', ['a']],
    ['["computed(x)"](a) {}', ['a']],
    ['[f(x, "]")](a) {}', ['a']],
    ['*generator(a) {}', ['a']],
    ['get x() { return (a) }', []],
    ['class A { constructor(a) {} }', []],
    ['function () { [native code] }', []],
    ['function (/* a, b */ c // d, e\n, f) {}', ['c', 'f']],
    ['function /* ( */ f /* ) */ (a /* ) { */) {}', ['a']],
    ['function (a = 1, b = "x, y)", c = (d, e) => [f, g], h = { i: 1, j: 2 }) {}', ['a', 'b', 'c', 'h']],
    ['function (a = \')\', b = "\\"(", c = `)`) {}', ['a', 'b', 'c']],
    ['function (...rest) {}', ['rest']],
    ['function ({ a, b }, [c, d], e) {}', ['', '', 'e']],
    ['function ({ a: { b } } = {}, c) {}', ['', 'c']],
    ['function ($, _x, żółw, a1) {}', ['$', '_x', 'żółw', 'a1']],
    ['function (a, b,) {}', ['a', 'b']],
    ['', []],
    ['function (', []],
    ['not a function at all', []],
  ])('%s', (source, names) => {
    expect(functionParameterNames(source)).toEqual(names)
  })

  it('reads real functions', () => {
    const object = {
      'quoted name'(first: number, /* second, */ third = 3) {
        return first + third
      },
    }
    expect(functionParameterNames(object['quoted name'].toString())).toEqual(['first', 'third'])
    expect(functionParameterNames(Math.max.toString())).toEqual([])
    expect(functionParameterNames((() => 1).bind(null).toString())).toEqual([])
  })

  it.each(['(', 'a,', '/*', '//', '"', '[', 'a=>', ' ', 'async ', 'function(a', '{'])(
    'reads a megabyte of %j in one pass',
    (piece) => {
      const source = piece.repeat(1_000_000 / piece.length)
      expect(Array.isArray(functionParameterNames(source))).toBe(true)
      expect(Array.isArray(functionParameterNames(`function (${source}`))).toBe(true)
    },
  )
})
