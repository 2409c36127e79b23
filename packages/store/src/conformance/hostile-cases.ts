import { randomUUID } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import type { Json } from '@openzimki/core'
import type { Operation } from '../contract.ts'
import type { Data, Fixture } from './fixture.ts'

/** Names and values that mean something to a database, to JavaScript, or to nobody. */
const NASTY = [
  "'; drop table objects; --",
  '" or 1=1',
  '?',
  '$1',
  ':a',
  '@a',
  '%',
  '\\',
  '\u0000',
  'a\u0000b',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '\ud83d\ude00',
  'ﬀ',
  '-',
  'x'.repeat(200),
]

export function hostileCases(given: () => Fixture): void {
  describe('hostile input', () => {
    it('as names and values of properties is data and nothing else', async () => {
      await given().createClass()
      for (const [n, text] of NASTY.entries()) {
        const data = JSON.parse(`{"n":${n},${JSON.stringify(text)}:${JSON.stringify(text)}}`) as Data
        const id = await given().put(data)
        expect((await given().objects.get(given().realm, 'Page', id))?.data).toEqual(data)
      }
      for (const [n, text] of NASTY.entries()) {
        expect(await given().match({ [`${text}__exact`]: text })).toEqual([n])
        expect(await given().match({ [`${text}__gte`]: text, [`${text}__startswith`]: text })).toEqual([n])
        if (text !== '-') expect(await given().find({ orderBy: [text], perPage: 1 })).toEqual([n])
      }
      expect(({} as Record<string, unknown>).polluted).toBeUndefined()
      expect(await given().objects.count(given().realm, 'Page', {})).toBe(NASTY.length)
    })

    it('does not meet what every JavaScript object inherits', async () => {
      await given().createClass()
      await given().put({ n: 1 })
      for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
        expect(await given().match({ [`${name}__not`]: null })).toEqual([])
        expect(await given().match({ [`${name}__exact`]: null })).toEqual([1])
      }
    })

    it('as names of classes, realms and objects is refused', async () => {
      const { objects } = given()
      await given().createClass()
      for (const className of [
        "x'; drop table objects; --",
        '__proto__',
        'constructor',
        '',
        'a b',
        'x'.repeat(65),
        'é',
        null,
      ]) {
        const bad = className as string
        await refused(objects.search(given().realm, bad, {}))
        await refused(given().batch({ op: 'createClass', className: bad }))
        await refused(given().batch({ op: 'put', className: bad, id: randomUUID(), data: {} }))
      }
      for (const realm of ['', "'; drop", '../x', 'x'.repeat(129)]) await refused(objects.listClasses(realm))
      for (const id of ['1', '', randomUUID().toUpperCase(), `${randomUUID()}'`]) {
        await refused(given().batch({ op: 'put', className: 'Page', id, data: {} }))
        expect(await objects.get(given().realm, 'Page', id)).toBeNull()
      }
    })

    it('as operations is refused before anything is done', async () => {
      await given().createClass()
      const id = randomUUID()
      const put = (rest: object) => ({ op: 'put', className: 'Page', id, data: {}, ...rest })
      const bad = [
        null,
        'put',
        {},
        { op: 'drop', className: 'Page' },
        put({ data: null }),
        put({ data: [1] }),
        put({ data: 'x' }),
        put({ ifVersion: -1 }),
        put({ ifVersion: '1' }),
        put({ expiresAtMs: 1.5 }),
        put({ expiresAtMs: 'soon' }),
        put({ data: { ['x'.repeat(201)]: 1 } }),
      ]
      for (const operation of bad)
        await refused(given().batch(put({ id: randomUUID() }) as Operation, operation as Operation))
      await refused(given().objects.batch(given().realm, 1.5, []))
      expect(await given().objects.count(given().realm, 'Page', {})).toBe(0)
    })

    it('as queries is refused', async () => {
      await given().createClass()
      const bad = [
        { terms: 'x' },
        { terms: [1] },
        { terms: null },
        { perPage: '5' },
        { orderBy: [1] },
        { orderBy: {} },
      ]
      for (const query of bad) await refused(given().objects.search(given().realm, 'Page', query as object))
      const many = Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`f${n}`, n]))
      await refused(given().objects.count(given().realm, 'Page', many))
    })
  })
  describe('bounds', () => boundCases(given))
}

async function refused(call: Promise<unknown>): Promise<void> {
  await expect(call).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
}

function boundCases(given: () => Fixture): void {
  it('hold an object of a mebibyte and refuse one byte more', async () => {
    await given().createClass()
    const text = `x${'é'.repeat((1024 * 1024 - 12) / 2)}`
    const id = await given().put({ text })
    expect((await given().objects.search(given().realm, 'Page', { terms: { text } }))[0]?.id).toBe(id)
    await given().put({ text: 'small' }, { id })
    expect(await given().find({ terms: { text } })).toEqual([])
    await expect(given().put({ text: `${text}a` })).rejects.toMatchObject({ code: 'TOO_LARGE' })
  })

  it('refuses too many classes, and none that is there', async () => {
    const create = (name: string): Operation => ({ op: 'createClass', className: name, ifMissing: true })
    const { objects, realm } = given()
    const before = await objects.listClasses(realm).catch(() => [])
    const names = Array.from({ length: 1_000 - before.length }, (_, n) => `C${n}`)
    await objects.batch(realm, 1, names.map(create))
    await expect(objects.batch(realm, 1, [create('OneMore')])).rejects.toMatchObject({ code: 'TOO_LARGE' })
    await objects.batch(realm, 1, [create('C1')])
    await objects.batch(realm, 1, [{ op: 'deleteClass', className: 'C1' }, create('OneMore')])
    expect(await objects.listClasses(realm)).toHaveLength(1_000)
  })

  it('refuse too many operations, too many bytes in them, and too many properties', async () => {
    await given().createClass()
    const put = (data: Data): Operation => ({ op: 'put', className: 'Page', id: randomUUID(), data })
    const batch = (count: number, data: Data) =>
      given().batch(...Array.from({ length: count }, () => put(data)))
    await expect(batch(1_001, {})).rejects.toMatchObject({ code: 'TOO_LARGE' })
    await expect(batch(17, { text: 'x'.repeat(1_000_000) })).rejects.toMatchObject({ code: 'TOO_LARGE' })
    const wide = (count: number): Data =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`p${n}`, n]))
    await expect(given().put(wide(1_001))).rejects.toMatchObject({ code: 'TOO_LARGE' })
    await batch(1_000, {})
    await given().put(wide(1_000))
    expect(await given().objects.count(given().realm, 'Page', { p999: 999 })).toBe(1)
  })

  it('take deep nesting without breaking', async () => {
    await given().createClass()
    let deep: Json = 1
    for (let level = 0; level < 500; level++) deep = [deep]
    const id = await given().put({ deep })
    expect((await given().objects.get(given().realm, 'Page', id))?.data).toEqual({ deep })
  })
}
