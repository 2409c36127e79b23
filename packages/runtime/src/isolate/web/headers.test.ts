import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { openTestRealm, type TestRealm } from '../module-kind/testing/test-realm.ts'
import { expectSameAsNode, type Snippet } from './testing/same-as-node.ts'

let realm: TestRealm
beforeAll(async () => {
  realm = await openTestRealm()
})
afterAll(() => realm.dispose())

const cases: Record<string, Snippet> = {
  'takes pairs, records, other headers, nothing': () => [
    [
      ...new Headers([
        ['B', '2'],
        ['a', '1'],
        ['b', '3'],
      ]),
    ],
    [...new Headers({ B: '2', a: '1' })],
    [...new Headers(new Headers({ x: 'y' }))],
    [...new Headers()],
    [...new Headers(undefined)],
    [...new Headers(new Map([['m', 'n']]) as never)],
  ],
  'joins, gets, sets, deletes': () => {
    const headers = new Headers({ Accept: 'a' })
    headers.append('accept', ' b\t')
    const joined = headers.get('ACCEPT')
    headers.set('accept', 'c')
    headers.append('x-y', '')
    headers.delete('Accept')
    return [
      joined,
      headers.get('accept'),
      headers.has('X-Y'),
      headers.get('x-y'),
      [...headers.keys()],
      [...headers.values()],
    ]
  },
  'keeps the place of what is set': () => {
    const headers = new Headers([
      ['a', '1'],
      ['b', '2'],
      ['a', '3'],
      ['c', '4'],
    ])
    headers.set('A', '5')
    return [...headers]
  },
  'keeps cookies apart': () => {
    const headers = new Headers([
      ['set-cookie', 'a=1'],
      ['Set-Cookie', 'b=2'],
      ['x', 'y'],
    ])
    return [headers.getSetCookie(), headers.get('set-cookie'), [...headers]]
  },
  'shows what is added while it iterates': () => {
    const headers = new Headers({ a: '1', b: '2' })
    const seen: string[] = []
    for (const [name] of headers) {
      seen.push(name)
      if (name === 'a') headers.append('c', '3')
      if (seen.length > 9) break
    }
    return seen
  },
  'calls back': () => {
    const seen: unknown[] = []
    const self = {}
    const headers = new Headers({ a: '1' })
    headers.forEach(function (this: unknown, value, name, all) {
      seen.push(value, name, all === headers, this === self)
    }, self)
    return seen
  },
  'takes values that are not strings': () => {
    const headers = new Headers({ n: 1 as never, u: undefined as never })
    headers.set('x', null as never)
    return [...headers]
  },
  'strips outer white space only': () => new Headers({ a: ' \t b c \r\n' }).get('a'),
  'takes Latin-1': () => new Headers({ a: '\xe9' }).get('a'),
  'iterators are iterable': () => {
    const iterator = new Headers({ a: '1' }).entries()
    return [iterator[Symbol.iterator]() === iterator, iterator.next(), iterator.next()]
  },
}
const refused: Record<string, Snippet> = {
  'a name with a space': () => new Headers({ 'a b': '1' }),
  'an empty name': () => new Headers().append('', '1'),
  'a name beyond ASCII': () => new Headers().set('ä', '1'),
  'a name to look for': () => new Headers().has('a:'),
  'a value with a line break': () => new Headers({ a: 'x\ny' }),
  'a value with a null': () => new Headers({ a: 'x\0' }),
  'a value beyond Latin-1': () => new Headers({ a: '€' }),
  'a pair of one': () => new Headers([['a']] as never),
  'a string': () => new Headers('a: b' as never),
  null: () => new Headers(null as never),
  'a number': () => new Headers(1 as never),
  'too few arguments': () => (new Headers() as unknown as { append(name: string): void }).append('a'),
  'the wrong receiver': () => Headers.prototype.get.call({} as never, 'a'),
  'a callback that is none': () => new Headers().forEach(1 as never),
}

describe('Headers, as in Node', () => {
  it.each(Object.entries(cases))('%s', (_, snippet) => expectSameAsNode(realm, snippet))
  it.each(Object.entries(refused))('refuses %s', (_, snippet) => expectSameAsNode(realm, snippet))
})
