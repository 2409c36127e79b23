import { describe, expect, it } from '@jest/globals'
import type { Terms } from '../contract.ts'
import type { Fixture } from './fixture.ts'

export function expiryCases(given: () => Fixture): void {
  describe('expiry', () => {
    it('takes an object from every read at its moment, before any sweep', async () => {
      const { clock, objects, realm } = given()
      await given().createClass()
      const id = await given().put({ n: 1, v: 'a' }, { expiresAtMs: clock.nowMs() + 1_000 })
      await given().put({ n: 2, v: 'a' })
      clock.advance(997)
      expect(await given().match({ v: 'a' })).toEqual([1, 2])
      clock.advance(1)
      expect(await objects.get(realm, 'Page', id)).toBeNull()
      const finders: Terms[] = [{}, { v: 'a' }, { v__gt: '' }, { v__contains: 'a' }, { 'n__lt:numeric': 3 }]
      for (const terms of finders) {
        expect(await given().match(terms)).toEqual([2])
      }
      for (const orderBy of [['v'], ['-n:numeric'], ['v', 'n'], ['creation_date']]) {
        expect(await given().find({ orderBy, perPage: 1 })).toEqual([2])
      }
    })

    it('ends with a put without it', async () => {
      await given().createClass()
      const id = await given().put({ n: 1 }, { expiresAtMs: given().clock.nowMs() + 10 })
      await given().put({ n: 2 }, { id })
      given().clock.advance(100)
      expect(await given().objects.get(given().realm, 'Page', id)).toMatchObject({
        version: 2,
        expiresAtMs: null,
      })
      expect(await given().objects.sweep()).toBe(0)
    })

    it('makes what is put again after it a new object', async () => {
      await given().createClass()
      const id = await given().put({ n: 1, old: true }, { expiresAtMs: given().clock.nowMs() + 10 })
      given().clock.advance(100)
      await expect(given().put({ n: 2 }, { id, ifVersion: 1 })).rejects.toMatchObject({ code: 'CONFLICT' })
      const gone = given().batch({ op: 'delete', className: 'Page', id, ifVersion: 1 })
      await expect(gone).rejects.toMatchObject({ code: 'CONFLICT' })
      await given().put({ n: 2 }, { id, ifVersion: 0 })
      const createdAt = new Date(given().clock.nowMs()).toISOString()
      expect(await given().objects.get(given().realm, 'Page', id)).toMatchObject({ version: 1, createdAt })
      expect(await given().match({ old: true })).toEqual([])
    })

    it('is swept, with a journal entry, and then costs nothing', async () => {
      const { clock, objects, realm } = given()
      await given().createClass()
      const ids: string[] = []
      for (let n = 0; n < 5; n++) ids.push(await given().put({ n }, { expiresAtMs: clock.nowMs() + 100 + n }))
      await given().put({ n: 9 })
      clock.advance(1_000)
      expect(await objects.sweep(2)).toBe(2)
      expect(await objects.sweep()).toBe(3)
      expect(await objects.sweep()).toBe(0)
      expect((await objects.usage(realm)).objects).toBe(1)
      const entries = await objects.journal(realm, 7)
      const swept = entries.flatMap((entry) => entry.operations)
      expect(swept).toEqual(ids.map((id) => ({ op: 'delete', className: 'Page', id })))
      expect(entries.every((entry) => entry.timeMs === clock.nowMs() && entry.epoch === 1)).toBe(true)
    })
  })
}
