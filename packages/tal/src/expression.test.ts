// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${} is the language under test
import { describe, expect, it } from '@jest/globals'
import { compileExpression } from './expression.ts'
import { renderTal } from './index.ts'
import { Scope } from './scope.ts'

const evaluateJavaScript = (code: string, scope: object) =>
  new Function('$scope', `with ($scope) { return (${code}\n) }`)(scope)
const evaluate = (expression: string, data: unknown = {}) =>
  compileExpression(expression)(new Scope({ data, globals: new Map(), evaluateJavaScript }))

class Monster {
  name = 'Ann'
  zombie() {
    return `brains of ${this.name}`
  }
  get shout() {
    return this.name.toUpperCase()
  }
}

const data = {
  foo: 1,
  bar: [1, 2, 3],
  baz: { one: 1, nested: { list: [{ x: 'deep' }] } },
  monster: new Monster(),
  zero: 0,
  empty: '',
  nul: null,
  greet: () => 'hello',
}

describe('ZIMKI-API 5: TAL expressions', () => {
  it.each<[string, unknown]>([
    ['foo', 1],
    ['path:foo', 1],
    [' path: foo ', 1],
    ['/foo', 1],
    ['bar/0', 1],
    ['bar/length', 3],
    ['baz/nested/list/0/x', 'deep'],
    ['monster/zombie', 'brains of Ann'],
    ['monster/shout', 'ANN'],
    ['greet', 'hello'],
    ['', undefined],
    ['missing', undefined],
    ['missing/further/still', undefined],
    ['foo/banana', undefined],
    ['bar/8', undefined],
    ['bar/foo', undefined],
    ['nul/x', undefined],
  ])('path %s', (expression, expected) => {
    expect(evaluate(expression, data)).toEqual(expected)
  })

  it.each<[string, unknown]>([
    ['missing | foo', 1],
    ['nul | missing | baz/one', 1],
    ['empty | foo', ''],
    ['zero | foo', 0],
    ['missing | string:a | b', 'a | b'],
    ['missing | not:foo', false],
    ['missing | path:foo', 1],
    ['missing | nothing', null],
  ])('alternatives %s: the first that is there', (expression, expected) => {
    expect(evaluate(expression, data)).toEqual(expected)
  })

  it.each<[string, unknown]>([
    ['string:foo bar', 'foo bar'],
    ['string: hello $foo', 'hello 1'],
    ['string:${bar/2}!', '3!'],
    ['string:$foo/x ${missing}|', '1/x |'],
    ['string:$$foo costs $5', '$foo costs '],
    ['string:a $ b ${open', 'a $ b ${open'],
    ['string:${not:foo} ${string:x}', 'false x'],
    ['string:a;b "quoted"', 'a;b "quoted"'],
    ['string:', ''],
  ])('%s', (expression, expected) => {
    expect(evaluate(expression, data)).toBe(expected)
  })

  it('does not interpolate what it interpolated', () => {
    expect(evaluate('string:$a', { a: '${b} $b', b: 'no' })).toBe('${b} $b')
  })

  it('not: turns the truth around', () => {
    expect([evaluate('not:foo', data), evaluate('not:missing', data), evaluate('not:string:0')]).toEqual([
      false,
      true,
      true,
    ])
    expect(evaluate('not: not: foo', data)).toBe(true)
  })

  it('javascript: sees every name, and a missing one of the data as a plain reference error', () => {
    expect(evaluate('javascript: bar.length + foo', data)).toBe(4)
    expect(evaluate('javascript:"a|b".split("|").length')).toBe(2)
    expect(evaluate('javascript:undef === undefined', { undef: undefined })).toBe(true)
    expect(() => evaluate('javascript:missing')).toThrow('missing is not defined')
    expect(
      renderTal(
        '<b tal:repeat="x list" tal:content="javascript:x * 2 + repeat.x.index"/>',
        { list: [1, 2] },
        { name: 'j' },
      ),
    ).toBe('<b>2</b><b>5</b>')
  })

  it('javascript: goes to the evaluator that is given', () => {
    const javascript = (expression: string, scope: object) => `${expression}:${Reflect.get(scope, 'x')}`
    expect(renderTal('<b tal:content="javascript:x+1"/>', { x: 4 }, { name: 'j', javascript })).toBe(
      '<b>x+1:4</b>',
    )
  })

  it.each([
    ['python:1', 'there are no "python:" expressions'],
    ['javascript:', 'needs an expression'],
    ['javascript:1 +', 'does not parse'],
    ['javascript:1) + 2', 'does not parse'],
    ['a b', 'is not a path'],
    ['structure:x', 'there are no "structure:" expressions'],
  ])('refuses %s when the template is compiled', (expression, message) => {
    expect(() => compileExpression(expression)).toThrow(message)
  })
})

describe('hostile expressions', () => {
  it.each([
    'monster/constructor',
    'monster/constructor/name',
    'monster/__proto__',
    'monster/zombie/constructor/constructor',
    'greet/constructor',
    'constructor',
    '__proto__',
    'prototype',
    'bar/constructor',
    'foo/constructor/constructor',
    'monster/__defineGetter__',
    'monster/__lookupGetter__',
    'monster/hasOwnProperty',
    'toString',
    'valueOf',
    'baz/toString',
    'own/constructor',
    'repeat/constructor',
    'CONTEXTS/constructor',
    'CONTEXTS/__proto__',
  ])('%s reaches nothing', (path) => {
    expect(evaluate(path, { ...data, own: { constructor: Function } })).toBeUndefined()
  })

  it('shows data that merely bears such a name', () => {
    const parsed = JSON.parse('{"constructor":"Gaudi","__proto__":"text","prototype":{"a":1}}')
    expect(evaluate('constructor', parsed)).toBe('Gaudi')
    expect(evaluate('__proto__', parsed)).toBe('text')
    expect(evaluate('prototype/a', parsed)).toBe(1)
  })

  it('gives the class of an object to nobody, though its own methods run', () => {
    expect(evaluate('monster/toLocaleString', data)).toBeUndefined()
    expect(evaluate('date/toISOString', { date: new Date(0) })).toBe('1970-01-01T00:00:00.000Z')
  })

  it('refuses expressions within expressions without an end', () => {
    expect(() => compileExpression('not:'.repeat(10_000))).toThrow('more than 32')
    expect(() => compileExpression('a|not:'.repeat(10_000))).toThrow('more than 32')
  })

  it.each(['$', '${', '$$', '${a}', '${${', '$a}'])('reads a megabyte of %s in one pass', (piece) => {
    expect(() => compileExpression(`string:${piece.repeat(1_000_000 / piece.length)}`)).not.toThrow()
  })

  it('walks a path of a hundred thousand steps', () => {
    expect(evaluate('a/'.repeat(100_000), {})).toBeUndefined()
    expect(evaluate('a|'.repeat(100_000), {})).toBeUndefined()
  })
})
