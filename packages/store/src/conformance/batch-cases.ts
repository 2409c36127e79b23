import { randomUUID } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import type { Fixture } from './fixture.ts'

export function batchCases(given: () => Fixture): void {
  describe('classes', () => classCases(given))
  describe('put and delete', () => objectCases(given))
  describe('batches', () => atomicCases(given))
  describe('conditions', () => conditionCases(given))
}

function classCases(given: () => Fixture): void {
  it('lists names in order, none for a realm never seen', async () => {
    const { objects, realm, ...it } = given()
    expect(await objects.listClasses(realm)).toEqual([])
    for (const className of ['b', 'A', 'a_1']) await given().createClass(className)
    expect(await it.opened.objects.listClasses(realm)).toEqual(['A', 'a_1', 'b'])
  })

  it('refuses a second one of a name, unless ifMissing', async () => {
    await given().createClass()
    await expect(given().createClass()).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
    await given().batch({ op: 'createClass', className: 'Page', ifMissing: true })
  })

  it('deletes one with its objects; a new one of the name starts empty', async () => {
    await given().createClass()
    const id = await given().put({ n: 1, text: 'x' })
    await given().batch({ op: 'deleteClass', className: 'Page' })
    await expect(given().find({})).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await given().createClass()
    expect(await given().match({ text: 'x' })).toEqual([])
    expect(await given().objects.get(given().realm, 'Page', id)).toBeNull()
  })

  it('says NOT_FOUND for one that is missing, in every call', async () => {
    const { objects, realm } = given()
    await given().createClass('Other')
    const id = randomUUID()
    const calls = [
      () => objects.get(realm, 'Page', id),
      () => objects.get(realm, 'Page', 'no-id'),
      () => objects.search(realm, 'Page', {}),
      () => objects.count(realm, 'Page', {}),
      () => given().batch({ op: 'put', className: 'Page', id, data: {} }),
      () => given().batch({ op: 'delete', className: 'Page', id }),
      () => given().batch({ op: 'deleteClass', className: 'Page' }),
    ]
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
}

function objectCases(given: () => Fixture): void {
  it('brings an object back as it was', async () => {
    await given().createClass()
    const data = {
      text: 'ä\u0000😀',
      n: 1.5,
      yes: true,
      none: null,
      list: [1, { a: [] }],
      when: { $date: '2026-01-01T00:00:00.000Z' },
    }
    const id = await given().put(data)
    const createdAt = new Date(given().clock.nowMs()).toISOString()
    const object = { id, className: 'Page', data, createdAt, version: 1, expiresAtMs: null }
    expect(await given().objects.get(given().realm, 'Page', id)).toEqual(object)
    expect(await given().objects.search(given().realm, 'Page', {})).toEqual([object])
  })

  it('replaces whole objects, counts versions, and keeps the date of creation', async () => {
    await given().createClass()
    const id = await given().put({ a: 1, b: 2 })
    const first = await given().objects.get(given().realm, 'Page', id)
    given().clock.advance(5_000)
    const { results } = await given().batch({ op: 'put', className: 'Page', id, data: { a: 3 } })
    expect(results).toEqual([{ id, version: 2, createdAt: first!.createdAt }])
    expect(await given().objects.get(given().realm, 'Page', id)).toMatchObject({ data: { a: 3 }, version: 2 })
    expect(await given().match({ b: 2 })).toEqual([])
    expect(await given().match({ a: 1 })).toEqual([])
    expect(await given().match({ a: 3 })).toHaveLength(1)
  })

  it('deletes; deleting what is gone is no error; what comes again is new', async () => {
    await given().createClass()
    const id = await given().put({ n: 1 })
    for (let again = 0; again < 2; again++) {
      const { results } = await given().batch({ op: 'delete', className: 'Page', id })
      expect(results).toEqual([null])
    }
    expect(await given().objects.get(given().realm, 'Page', id)).toBeNull()
    expect(await given().match({ n: 1 })).toEqual([])
    await given().put({ n: 1 }, { id, ifVersion: 0 })
    expect(await given().objects.get(given().realm, 'Page', id)).toMatchObject({ version: 1 })
  })

  it('keeps a maintained sum of objects and bytes', async () => {
    const { objects, realm } = given()
    expect(await objects.usage(realm)).toEqual({ objects: 0, bytes: 0 })
    await given().createClass()
    await given().createClass('Other')
    const id = await given().put({ a: 'ä' })
    await given().put({ a: 1 }, { className: 'Other' })
    expect(await objects.usage(realm)).toEqual({ objects: 2, bytes: 10 + 7 })
    await given().put({ a: 'longer' }, { id })
    expect(await objects.usage(realm)).toEqual({ objects: 2, bytes: 14 + 7 })
    await given().batch({ op: 'delete', className: 'Page', id })
    expect(await objects.usage(realm)).toEqual({ objects: 1, bytes: 7 })
    await given().batch({ op: 'deleteClass', className: 'Other' })
    expect(await objects.usage(realm)).toEqual({ objects: 0, bytes: 0 })
  })
}

function atomicCases(given: () => Fixture): void {
  it('gives one result for each operation, in order, and sees its own earlier ones', async () => {
    const id = randomUUID()
    const { results, sequence } = await given().batch(
      { op: 'createClass', className: 'Page' },
      { op: 'put', className: 'Page', id, data: { n: 1 }, ifVersion: 0 },
      { op: 'put', className: 'Page', id, data: { n: 2 }, ifVersion: 1 },
      { op: 'delete', className: 'Page', id, ifVersion: 2 },
    )
    expect(results.map((result) => result?.version ?? null)).toEqual([null, 1, 2, null])
    expect(sequence).toBe(1)
    expect(await given().find({})).toEqual([])
  })

  it('does nothing at all when one operation fails', async () => {
    await given().createClass()
    const id = await given().put({ n: 1 })
    const before = await given().objects.usage(given().realm)
    const failing = given().batch(
      { op: 'createClass', className: 'Other' },
      { op: 'put', className: 'Page', id, data: { n: 2, extra: 'x' } },
      { op: 'put', className: 'Page', id: randomUUID(), data: { n: 3 } },
      { op: 'delete', className: 'Missing', id },
    )
    await expect(failing).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await given().objects.listClasses(given().realm)).toEqual(['Page'])
    expect(await given().match({ n__gt: '' })).toEqual([1])
    expect(await given().objects.usage(given().realm)).toEqual(before)
    expect(await given().objects.journal(given().realm, 2)).toEqual([])
  })

  it('keeps a failing batch from harming those beside it', async () => {
    await given().createClass()
    const { realm, objects } = given()
    const outcomes = await Promise.allSettled(
      Array.from({ length: 60 }, (_, n) =>
        objects.batch(realm, n % 4 === 1 ? 0 : 1, [
          { op: 'put', className: 'Page', id: randomUUID(), data: { n } },
          { op: 'put', className: n % 4 === 2 ? 'Missing' : 'Page', id: randomUUID(), data: { n } },
        ]),
      ),
    )
    const good = outcomes.filter((outcome) => outcome.status === 'fulfilled')
    expect(good).toHaveLength(30)
    expect(await objects.count(realm, 'Page', {})).toBe(60)
    expect((await objects.usage(realm)).objects).toBe(60)
    const sequences = good.map((outcome) => outcome.value.sequence)
    expect(sequences).toEqual(Array.from({ length: 30 }, (_, index) => index + 2))
  })

  it('takes an empty batch as a look at the sequence', async () => {
    await given().createClass()
    expect(await given().batch()).toEqual({ sequence: 1, results: [] })
  })
}

function conditionCases(given: () => Fixture): void {
  it('CONFLICT unless the object is at the version named, and says which it is at', async () => {
    await given().createClass()
    const id = await given().put({ n: 1 }, { ifVersion: 0 })
    await expect(given().put({ n: 2 }, { id, ifVersion: 0 })).rejects.toMatchObject({
      code: 'CONFLICT',
      details: { version: 1 },
    })
    expect(await given().match({ n__gt: '' })).toEqual([1])
    await expect(given().put({ n: 2 }, { id, ifVersion: 2 })).rejects.toMatchObject({ code: 'CONFLICT' })
    await given().put({ n: 2 }, { id, ifVersion: 1 })
    const remove = (ifVersion: number) => given().batch({ op: 'delete', className: 'Page', id, ifVersion })
    await expect(remove(1)).rejects.toMatchObject({ code: 'CONFLICT' })
    await remove(2)
    await expect(remove(2)).rejects.toMatchObject({ code: 'CONFLICT', details: { version: 0 } })
  })

  it('lets exactly one of many win who write the same version', async () => {
    await given().createClass()
    const id = await given().put({ n: 0 })
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) =>
        given().batch({ op: 'put', className: 'Page', id, data: { n }, ifVersion: 1 }),
      ),
    )
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1)
    expect(await given().objects.get(given().realm, 'Page', id)).toMatchObject({ version: 2 })
  })

  it('FENCED for an older epoch, INVALID_ARGUMENT for one that is not yet', async () => {
    const { objects, realm } = given()
    await given().createClass()
    expect(await objects.epoch(realm)).toBe(1)
    expect(await objects.advanceEpoch(realm, 1)).toBe(2)
    await expect(objects.advanceEpoch(realm, 1)).rejects.toMatchObject({ code: 'CONFLICT' })
    await expect(given().put({ n: 1 })).rejects.toMatchObject({ code: 'FENCED', details: { epoch: 2 } })
    const write = (epoch: number) =>
      objects.batch(realm, epoch, [{ op: 'put', className: 'Page', id: randomUUID(), data: { n: epoch } }])
    await expect(write(3)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await write(2)
    expect(await given().find({})).toEqual([2])
    expect(await objects.epoch(randomUUID())).toBe(1)
  })
}
