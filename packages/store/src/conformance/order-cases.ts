import { describe, expect, it } from '@jest/globals'
import type { Operation, Query } from '../contract.ts'
import type { Data, Fixture } from './fixture.ts'

/** `n` is the place in this list. */
const ROWS: Data[] = [
  { v: 'b', size: 10, kind: 'x' },
  { v: 'a', size: 9, kind: 'y' },
  { v: 'B', size: '100', kind: 'x' },
  { v: '\u{1f600}', size: 'none', kind: 'y' },
  { v: '\uff5e', size: 1.5, kind: 'x' },
  { size: -3, kind: 'y' },
  { v: 'a', size: 9, kind: 'x' },
  { v: null, size: true, kind: 'y' },
  { v: ['a'], kind: 'x' },
]

const CASES: [Query, number[]][] = [
  [{}, [0, 1, 2, 3, 4, 5, 6, 7, 8]],
  [{ orderBy: [] }, [0, 1, 2, 3, 4, 5, 6, 7, 8]],
  [{ orderBy: ['v'] }, [2, 1, 6, 0, 4, 3, 5, 7, 8]],
  [{ orderBy: ['-v'] }, [3, 4, 0, 6, 1, 2, 8, 7, 5]],
  [{ orderBy: ['size'] }, [5, 4, 0, 2, 1, 6, 3, 7, 8]],
  [{ orderBy: ['size:numeric'] }, [5, 4, 1, 6, 0, 2, 3, 7, 8]],
  [{ orderBy: ['-size:numeric'] }, [2, 0, 6, 1, 4, 5, 8, 7, 3]],
  [{ orderBy: ['creation_date'] }, [0, 1, 2, 3, 4, 5, 6, 7, 8]],
  [{ orderBy: ['-creation_date'] }, [8, 7, 6, 5, 4, 3, 2, 1, 0]],
  [{ orderBy: ['neverSeen'] }, [0, 1, 2, 3, 4, 5, 6, 7, 8]],
  [{ orderBy: ['-neverSeen'] }, [8, 7, 6, 5, 4, 3, 2, 1, 0]],
  [{ orderBy: ['kind', 'size:numeric'] }, [4, 6, 0, 2, 8, 5, 1, 3, 7]],
  [{ orderBy: ['-kind', 'v'] }, [1, 3, 7, 5, 2, 6, 0, 4, 8]],
  [{ orderBy: ['v', '-size:numeric', 'kind'] }, [2, 6, 1, 0, 4, 3, 5, 8, 7]],
  [{ orderBy: ['v'], terms: { kind: 'x' } }, [2, 6, 0, 4, 8]],
  [{ orderBy: ['-v'], terms: { v__gte: 'a' } }, [3, 4, 0, 6, 1]],
  [{ orderBy: ['-size:numeric'], terms: { 'size__gt:numeric': 0 } }, [2, 0, 6, 1, 4]],
  [{ orderBy: ['-kind'], terms: { v: 'a' } }, [1, 6]],
  [{ orderBy: ['-v'], terms: { v: 'a' } }, [6, 1]],
  [{ orderBy: ['size:numeric'], terms: { kind__in: ['x', 'y'], v__not: 'a' } }, [5, 4, 0, 2, 3, 7, 8]],
]

export function orderCases(given: () => Fixture): void {
  describe('order', () => {
    it('is the one asked for, whole and in pages of any size', async () => {
      await given().putAll(ROWS)
      const wrong: [Query, unknown, number[]][] = []
      for (const [query, places] of CASES) {
        for (const perPage of [undefined, 1, 2, 5, 100]) {
          const found = await pages(given(), query, perPage)
          if (JSON.stringify(found) !== JSON.stringify(places))
            wrong.push([{ ...query, perPage }, found, places])
        }
      }
      expect(wrong).toEqual([])
    })

    it('by id is that of their text', async () => {
      await given().createClass()
      const ids = []
      for (let n = 0; n < 5; n++) ids.push(await given().put({ n }))
      const found = await given().objects.search(given().realm, 'Page', { orderBy: ['-id'] })
      expect(found.map((object) => object.id)).toEqual(ids.sort().reverse())
    })

    it.each([
      [['']],
      [['-']],
      [[':numeric']],
      [Array.from({ length: 9 }, () => 'a')],
      ['v' as unknown as string[]],
    ])('refuses %j', async (orderBy) => {
      await given().createClass()
      await expect(given().find({ orderBy })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    })
  })
  describe('pages', () => pageCases(given))
}

/** All pages one after the other; without perPage, the whole. */
async function pages(fixture: Fixture, query: Query, perPage: number | undefined): Promise<unknown[]> {
  if (perPage === undefined) return fixture.find(query)
  const found: unknown[] = []
  for (let page = 1; ; page++) {
    const names = await fixture.find({ ...query, page, perPage })
    found.push(...names)
    if (names.length < perPage) return found
  }
}

function pageCases(given: () => Fixture): void {
  it('beyond the end are empty', async () => {
    await given().putAll(ROWS)
    for (const orderBy of [[], ['v'], ['-size:numeric'], ['kind', 'v']]) {
      expect(await given().find({ orderBy, page: 1_000, perPage: 50 })).toEqual([])
    }
  })

  it.each([
    { page: 0, perPage: 1 },
    { page: 1.5, perPage: 1 },
    { perPage: 0 },
    { perPage: Number.NaN },
    { page: 2 },
    { page: 2 ** 52, perPage: 2 ** 52 },
    { maxBytes: 0 },
  ])('refuses %j', async (query) => {
    await given().createClass()
    await expect(given().find(query)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  it('are the same deep down, where the store skips, among objects that expire and that lack the field', async () => {
    await given().createClass()
    const count = 700
    const put = (n: number): Extract<Operation, { op: 'put' }> => ({
      op: 'put',
      className: 'Page',
      id: crypto.randomUUID(),
      data: { n, half: n % 2 === 0, ...(n % 10 === 0 ? {} : { v: (n * 37) % 101 }) },
    })
    await given().batch(...Array.from({ length: count }, (_, n) => put(n)))
    const soon = given().clock.nowMs() + 10
    await given().batch({ ...put(10_001), expiresAtMs: soon })
    for (const orderBy of [['v:numeric'], ['-v'], [], ['-v', 'n']]) {
      const whole = await given().find({ orderBy })
      expect(await given().find({ orderBy, page: 5, perPage: 120 })).toEqual(whole.slice(480, 600))
      expect(await given().find({ orderBy, page: 6, perPage: 120 })).toEqual(whole.slice(600, 720))
      const terms = { half: true }
      const half = whole.filter((n) => Number(n) % 2 === 0)
      expect(await given().find({ terms, orderBy, page: 3, perPage: 110 })).toEqual(half.slice(220, 330))
      expect(await given().find({ terms, orderBy, page: 2, perPage: 25 })).toEqual(half.slice(25, 50))
    }
    given().clock.advance(20)
    const left = await given().find({ orderBy: ['v'] })
    expect(left).not.toContain(10_001)
    expect(await given().find({ orderBy: ['v'], page: 5, perPage: 120 })).toEqual(left.slice(480, 600))
  })

  it('TOO_LARGE beyond maxBytes, and a page of it is not', async () => {
    await given().putAll(Array.from({ length: 20 }, () => ({ text: 'x'.repeat(1_000) })))
    for (const orderBy of [[], ['text'], ['text', 'n']]) {
      const whole = given().find({ orderBy, maxBytes: 10_000 })
      await expect(whole).rejects.toMatchObject({
        code: 'TOO_LARGE',
        message: expect.stringContaining('10000'),
      })
      expect(await given().find({ orderBy, maxBytes: 10_000, perPage: 5 })).toHaveLength(5)
    }
    expect(await given().find({ maxBytes: 100_000 })).toHaveLength(20)
  })
}
