import { describe, expect, it } from '@jest/globals'
import type { Json } from '@openzimki/core'
import type { Terms } from '../contract.ts'
import type { Data, Fixture } from './fixture.ts'

/** `n` is the place in this list. */
const ROWS: Data[] = [
  { v: 'apple', size: 3 },
  { v: 'Apple', size: '3' },
  { v: 'apricot pie', size: 20 },
  { v: 'banana', size: 100 },
  { v: null, size: -1.5 },
  { size: 'large' },
  { v: ['apple'], size: 1e21 },
  { v: { a: 'apple' }, size: true },
  { v: { $date: '2026-01-02T00:00:00.000Z' }, size: 0 },
  { v: '', size: ' 7 ' },
  { v: 'zoë 😀', size: '3.0' },
  { v: '\uff5e high', size: null },
]

const LONG = 'x'.repeat(500)

/** Terms to the places of ROWS that they find. */
const CASES: [Terms, number[]][] = [
  [{}, ROWS.map((_, index) => index)],
  [{ v: 'apple' }, [0]],
  [{ v__exact: 'Apple' }, [1]],
  [{ v: '' }, [9]],
  [{ v: null }, [4, 5]],
  [{ v__iexact: 'APPLE' }, [0, 1]],
  [{ v__iexact: 'ZOË 😀' }, [10]],
  [{ v__startswith: 'ap' }, [0, 2]],
  [{ v__startswith: 'zoë 😀' }, [10]],
  [{ v__startswith: '' }, [0, 1, 2, 3, 8, 9, 10, 11]],
  [{ v__istartswith: 'AP' }, [0, 1, 2]],
  [{ v__endswith: 'pie' }, [2]],
  [{ v__iendswith: 'PLE' }, [0, 1]],
  [{ v__contains: 'an' }, [3]],
  [{ v__contains: '%' }, []],
  [{ v__startswith: '_pple' }, []],
  [{ v__gt: 'apple' }, [2, 3, 10, 11]],
  [{ v__gte: 'apple' }, [0, 2, 3, 10, 11]],
  [{ v__lt: 'Apple' }, [8, 9]],
  [{ v__lte: 'Apple' }, [1, 8, 9]],
  [{ v__gt: 'a', v__lt: 'b' }, [0, 2]],
  [{ v__gte: 'apple', v__lte: 'apple' }, [0]],
  [{ v__gt: 'z', v__startswith: 'zo' }, [10]],
  [{ v__gt: 'b', v__lt: 'a' }, []],
  [{ v__in: ['banana', 'apple', 'apple', 'none'] }, [0, 3]],
  [{ v__in: [null, 'banana'] }, [3, 4, 5]],
  [{ v__in: [] }, []],
  [{ v__not: 'apple' }, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]],
  [{ v__not: null }, [0, 1, 2, 3, 6, 7, 8, 9, 10, 11]],
  [{ v: '2026-01-02T00:00:00.000Z' }, [8]],
  [{ v: { $date: '2026-01-02T00:00:00.000Z' } }, [8]],
  [{ v__lt: { $date: '2026-02-01T00:00:00.000Z' }, v__gt: '2' }, [8]],
  [{ size: 3 }, [0, 1]],
  [{ size: '3' }, [0, 1]],
  [{ size: true }, [7]],
  [{ size: 'true' }, [7]],
  [{ size: '1e+21' }, [6]],
  [{ size__gt: '2' }, [0, 1, 2, 5, 7, 10]],
  [{ 'size__gt:numeric': 3 }, [2, 3, 6, 9]],
  [{ 'size__gte:numeric': '3' }, [0, 1, 2, 3, 6, 9, 10]],
  [{ 'size__lt:numeric': 3 }, [4, 8]],
  [{ 'size__lte:numeric': 3 }, [0, 1, 4, 8, 10]],
  [{ 'size__gte:numeric': 3, 'size__lt:numeric': 21 }, [0, 1, 2, 9, 10]],
  [{ 'size__exact:numeric': 3 }, [0, 1, 10]],
  [{ 'size__in:numeric': [7, 100] }, [3, 9]],
  [{ 'size__not:numeric': 3 }, [2, 3, 4, 5, 6, 7, 8, 9, 11]],
  [{ v: 'apple', size: 3 }, [0]],
  [{ v: 'apple', size: 4 }, []],
  [{ v__istartswith: 'a', 'size__gt:numeric': 1, size__not: '3' }, [2]],
  [{ neverSeen: 'x' }, []],
  [{ neverSeen__not: 'x', v: 'apple' }, [0]],
  [{ neverSeen: null, v: 'apple' }, [0]],
]

const BAD: [Terms, string][] = [
  [{ v__near: 'x' }, 'istartswith'],
  [{ v__: 'x' }, 'exact'],
  [{ __proto: 'x' }, 'exact'],
  [{ 'v__startswith:numeric': 'x' }, 'numbers'],
  [{ 'v__gt:numeric': 'x' }, 'number'],
  [{ v: ['apple'] }, 'list'],
  [{ v: { a: 1 } }, 'object'],
  [{ v__gt: null }, 'null'],
  [{ v__in: 'apple' }, 'list'],
  [{ v__in: [['apple']] }, 'list'],
  [{ v__in: Array.from({ length: 1_001 }, (_, n) => n) }, '1000'],
]

export function clauseCases(given: () => Fixture): void {
  describe('clauses', () => {
    it('find what they say, by search, count and get', async () => {
      await given().putAll(ROWS)
      const wrong: [Terms, Json[], number[]][] = []
      for (const [terms, places] of CASES) {
        const found = await given().match(terms)
        if (JSON.stringify(found) !== JSON.stringify(places)) wrong.push([terms, found, places])
      }
      expect(wrong).toEqual([])
    })

    it.each(BAD)('refuse %j', async (terms, hint) => {
      await given().createClass()
      const searching = given().objects.search(given().realm, 'Page', { terms })
      await expect(searching).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining(hint),
      })
      await expect(given().objects.count(given().realm, 'Page', terms)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      })
    })
  })
  describe('fields', () => fieldCases(given))
  describe('long texts', () => longTextCases(given))
}

function fieldCases(given: () => Fixture): void {
  it('id and creation_date are the object, not properties', async () => {
    await given().createClass()
    const first = await given().put({ n: 0, id: 'mine', creation_date: 'mine' })
    const date = new Date(given().clock.nowMs()).toISOString()
    given().clock.advance(86_400_000)
    const second = await given().put({ n: 1 })
    expect(await given().match({ id: first })).toEqual([0])
    expect(await given().match({ id: 'mine' })).toEqual([])
    expect(await given().match({ id__in: [second, first] })).toEqual([0, 1])
    expect(await given().match({ id__startswith: second.slice(0, 18) })).toEqual([1])
    expect(await given().match({ creation_date: date })).toEqual([0])
    expect(await given().match({ creation_date__gt: '2026-01-16' })).toEqual([1])
    expect(await given().match({ creation_date__startswith: '2026-01-15' })).toEqual([0])
    expect(await given().match({ 'creation_date__gt:numeric': 0 })).toEqual([])
  })

  it('reach a property with __ in its name by naming the clause', async () => {
    await given().createClass()
    await given().put({ n: 0, a__b: 'x', __proto: 'y' })
    expect(await given().match({ a__b__exact: 'x' })).toEqual([0])
    expect(await given().match({ __proto__exact: 'y' })).toEqual([0])
  })
}

function longTextCases(given: () => Fixture): void {
  it('are told apart by equality, ranges and beginnings, however late they differ', async () => {
    await given().putAll([
      { v: LONG },
      { v: `${LONG}a` },
      { v: `${LONG}b` },
      { v: LONG.slice(0, 128) },
      { v: `${'x'.repeat(127)}😀z` },
    ])
    expect(await given().match({ v: `${LONG}a` })).toEqual([1])
    expect(await given().match({ v__in: [LONG, `${LONG}b`] })).toEqual([0, 2])
    expect(await given().match({ v__gt: LONG })).toEqual([1, 2, 4])
    expect(await given().match({ v__gt: `${LONG}a` })).toEqual([2, 4])
    expect(await given().match({ v__lte: `${LONG}a` })).toEqual([0, 1, 3])
    expect(await given().match({ v__startswith: `${LONG}b` })).toEqual([2])
    expect(await given().match({ v__startswith: LONG.slice(0, 128) })).toEqual([0, 1, 2, 3])
    expect(await given().match({ v__startswith: `${'x'.repeat(127)}😀` })).toEqual([4])
  })
}
