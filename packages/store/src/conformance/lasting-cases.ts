import { describe, expect, it } from '@jest/globals'
import type { Fixture } from './fixture.ts'

export function lastingCases(given: () => Fixture): void {
  describe('lasting', () => {
    it('shows each write to every read after it, with many at once', async () => {
      await given().createClass()
      const { objects, realm } = given()
      await Promise.all(
        Array.from({ length: 100 }, async (_, n) => {
          const id = crypto.randomUUID()
          await objects.batch(realm, 1, [{ op: 'put', className: 'Page', id, data: { n } }])
          expect(await objects.get(realm, 'Page', id)).toMatchObject({ data: { n } })
          expect(await objects.count(realm, 'Page', { n })).toBe(1)
        }),
      )
      const entries = await objects.journal(realm, 0)
      expect(entries.map((entry) => entry.sequence)).toEqual(
        Array.from({ length: 101 }, (_, index) => index + 1),
      )
    })

    it('keeps everything over closing and opening again', async () => {
      const { opened, realm } = given()
      if (!opened.reopen) return
      await given().putAll([{ v: 'b' }, { v: 'a' }])
      await given().objects.advanceEpoch(realm, 1)
      const before = await given().objects.search(realm, 'Page', {})
      const unfinished = given().objects.batch(realm, 2, [{ op: 'createClass', className: 'Late' }])
      const again = await opened.reopen()
      await unfinished
      expect(await again.search(realm, 'Page', {})).toEqual(before)
      expect((await again.search(realm, 'Page', { orderBy: ['v'] })).map((object) => object.data.n)).toEqual([
        1, 0,
      ])
      expect(await again.epoch(realm)).toBe(2)
      expect(await again.listClasses(realm)).toEqual(['Late', 'Page'])
      expect(await again.journal(realm, 0)).toHaveLength(4)
    })

    it('is UNAVAILABLE once closed', async () => {
      const { objects, realm } = given()
      await given().createClass()
      await objects.close()
      await objects.close()
      await expect(objects.listClasses(realm)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
      await expect(given().createClass('Other')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    })
  })
}
