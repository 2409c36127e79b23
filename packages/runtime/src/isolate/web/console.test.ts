import { inspect } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { openTestRealm, type TestRealm } from '../module-kind/testing/test-realm.ts'

let realm: TestRealm
beforeAll(async () => {
  realm = await openTestRealm()
})
afterAll(() => realm.dispose())
beforeEach(() => {
  realm.posted.length = 0
})

async function logged(code: string): Promise<[unknown, unknown][]> {
  await realm.run(`(() => { ${code} })()`)
  const entries = realm.posted.filter(({ operation }) => operation === 'log')
  return entries.map(({ payload: { level, text } }) => [level, text])
}

describe('console', () => {
  it('writes an entry a call, at its level', async () => {
    const entries = await logged(
      'console.debug("a"); console.log("b"); console.info("c"); console.warn("d"); console.error("e")',
    )
    expect(entries).toEqual([
      ['debug', 'a'],
      ['info', 'b'],
      ['info', 'c'],
      ['warn', 'd'],
      ['error', 'e'],
    ])
  })

  it('fills the format in', async () => {
    const [entry] = await logged(
      'console.log("%s is %d, %i, %f, %j %o%% %x %c", "a", "5", 5.9, "1.5", {a: 1}, [1], "css", "more", {b: 2})',
    )
    expect(entry![1]).toBe(`a is 5, 5, 1.5, {"a":1} [ 1 ]% %x  more { b: 2 }`)
  })

  it('leaves a lone text with per cents alone', async () => {
    expect(await logged('console.log("100%"); console.log("%s")')).toEqual([
      ['info', '100%'],
      ['info', '%s'],
    ])
  })

  it('asserts, counts, groups, traces', async () => {
    const entries = await logged(`
      console.assert(true, 'never'); console.assert(false, 'is %s', 'wrong'); console.assert(false)
      console.count(); console.count('x'); console.count(); console.countReset(); console.count()
      console.group('outer'); console.log('a\\nb'); console.groupEnd(); console.log('c')
      console.trace('here'); console.timeEnd('unknown')`)
    expect(entries.slice(0, 9)).toEqual([
      ['error', 'Assertion failed: is wrong'],
      ['error', 'Assertion failed'],
      ['info', 'default: 1'],
      ['info', 'x: 1'],
      ['info', 'default: 2'],
      ['info', 'default: 1'],
      ['info', 'outer'],
      ['info', '  a\n  b'],
      ['info', 'c'],
    ])
    expect(entries[9]).toEqual(['debug', expect.stringMatching(/^Trace: here\n {4}at /)])
    expect(entries[10]![0]).toBe('warn')
  })

  it('cuts an entry that is too long', async () => {
    const [entry] = await logged('console.log("x".repeat(1e6))')
    expect(String(entry![1]).length).toBeLessThan(70_000)
  })

  it('survives what throws, what is a proxy and what is deep', async () => {
    const entries = await logged(`
      console.log({ get a() { throw 1 } }, new Proxy({}, { ownKeys() { throw new Error('no') }, getPrototypeOf() { throw 1 } }))
      const deep = {}; let at = deep; for (let i = 0; i < 1e5; i++) at = at.next = {}
      console.log(deep)
      console.log(Object.create(null), Object.assign(() => 1, { x: 1 }), Symbol('s'))`)
    expect(entries).toHaveLength(3)
    expect(entries[0]![1]).toContain('{ a: [Getter] }')
  })
})

const shown = [
  'null',
  'undefined',
  '-0',
  '5n',
  '"it\'s"',
  '[1, "a", null, undefined]',
  '[]',
  '{}',
  '[1, , 3]',
  '({ a: 1, "b-c": "x", [Symbol("s")]: 2 })',
  '({ a: { b: { c: { d: 1 } } } })',
  '[[[[1]]]]',
  'new Map([["a", 1], [{ k: 1 }, [2]]])',
  'new Set([1, "a"])',
  'new Date(0)',
  '/a+/g',
  'new Uint8Array([1, 2])',
  'class Foo {}',
  'function bar() {}',
  '() => 1',
  'new (class Point { x = 1 })()',
  '({ get a() { return 1 }, set a(v) {}, get b() { return 1 } })',
  'Object.create(null)',
  'Symbol("x")',
  'Object(1)',
  'Object("x")',
  '"x".repeat(80).split("").slice(0, 3)',
  '({ first: "a".repeat(40), second: "b".repeat(40) })',
  '((a) => (a.self = a, a))({ x: 1 }).x',
]

describe('inspect, as in Node', () => {
  it.each(shown)('%s', async (code) => {
    const [entry] = await logged(`console.log('%O', (${code}))`)
    const value: unknown = new Function(`return (${code})`)()
    expect(entry![1]).toBe(typeof value === 'string' ? inspect(value) : inspect(value, { depth: 2 }))
  })

  it('shows an error by its stack, with its cause', async () => {
    const [entry] = await logged(`console.log(new RangeError('no', { cause: new TypeError('why') }))`)
    expect(entry![1]).toMatch(/^RangeError: no\n {4}at [\s\S]*\[cause\]: TypeError: why\n/)
  })

  it('shows web objects by what they hold', async () => {
    const [entry] = await logged(
      `console.log(new Headers({ a: 'b' }), new URL('http://a/b'), new URLSearchParams('a=b'))`,
    )
    expect(entry![1]).toBe(`Headers { a: "b" } URL { http://a/b } URLSearchParams { "a" => "b" }`)
  })
})
