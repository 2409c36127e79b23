import { randomUUID } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import type { Fixture } from './fixture.ts'

export function realmCases(given: () => Fixture): void {
  describe('realms', () => {
    it('do not see each other, whatever they share in names', async () => {
      const { objects, realm } = given()
      const other = randomUUID()
      await given().createClass()
      const id = await given().put({ v: 'mine' })
      await objects.batch(other, 1, [
        { op: 'createClass', className: 'Page' },
        { op: 'put', className: 'Page', id, data: { v: 'theirs' }, ifVersion: 0 },
      ])
      expect((await objects.get(realm, 'Page', id))?.data).toEqual({ v: 'mine' })
      expect(await objects.count(other, 'Page', { v: 'mine' })).toBe(0)
      expect(await objects.search(other, 'Page', { orderBy: ['v'] })).toHaveLength(1)
      await objects.batch(other, 1, [{ op: 'delete', className: 'Page', id }])
      expect(await objects.get(realm, 'Page', id)).not.toBeNull()
      await objects.advanceEpoch(other, 1)
      expect(await objects.epoch(realm)).toBe(1)
      expect(await objects.journal(realm, 0)).toHaveLength(2)
      await objects.deleteRealm(other)
      expect(await given().match({ v: 'mine' })).toHaveLength(1)
    })

    it('are copied with versions, dates and expiries, and part from then on', async () => {
      const { objects, realm } = given()
      const copy = randomUUID()
      await given().putAll(Array.from({ length: 450 }, (_, index) => ({ v: `v${index % 7}` })))
      await given().createClass('Empty')
      const id = await given().put({ n: 1_000, v: 'v1' }, { expiresAtMs: 2 ** 45 })
      await given().put({ n: 1_001, v: 'v1' }, { id, expiresAtMs: 2 ** 45 })
      await objects.copyRealm(realm, copy)
      expect(await objects.listClasses(copy)).toEqual(['Empty', 'Page'])
      expect(await objects.search(copy, 'Page', {})).toEqual(await objects.search(realm, 'Page', {}))
      expect(await objects.count(copy, 'Page', { v: 'v1' })).toBe(
        await objects.count(realm, 'Page', { v: 'v1' }),
      )
      expect(await objects.usage(copy)).toEqual(await objects.usage(realm))
      await objects.batch(copy, 1, [{ op: 'delete', className: 'Page', id }])
      expect(await objects.get(realm, 'Page', id)).toMatchObject({ version: 2, data: { n: 1_001 } })
      await expect(objects.copyRealm(realm, copy)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
    })

    it('are copied while they are written, as they are at the end', async () => {
      const { objects, realm } = given()
      const copy = randomUUID()
      await given().putAll(Array.from({ length: 300 }, () => ({ v: 'before' })))
      await given().createClass('Doomed')
      const victim = (await objects.search(realm, 'Page', { perPage: 1 }))[0]!.id
      const copying = objects.copyRealm(realm, copy)
      for (let n = 0; n < 30; n++) {
        await given().batch({ op: 'put', className: 'Page', id: randomUUID(), data: { v: 'during' } })
        if (n === 3) await given().batch({ op: 'delete', className: 'Page', id: victim })
        if (n === 5)
          await given().batch(
            { op: 'deleteClass', className: 'Doomed' },
            { op: 'createClass', className: 'Doomed' },
          )
      }
      await copying
      const there = await objects.search(copy, 'Page', {})
      const ids = idsKey(there.map((object) => object.id))
      expect((await states(given(), copy)).at(-1)).toBe(ids)
      expect((await states(given(), realm)).slice(2)).toContain(ids)
      expect(await objects.listClasses(copy)).toEqual(['Doomed', 'Page'])
    })

    it('are deleted with all they have, and begin anew', async () => {
      const { objects, realm } = given()
      await given().putAll(Array.from({ length: 10 }, () => ({ v: 'x' })))
      await objects.advanceEpoch(realm, 1)
      await objects.deleteRealm(realm)
      await objects.deleteRealm(realm)
      expect(await objects.listClasses(realm)).toEqual([])
      expect(await objects.journal(realm, 0)).toEqual([])
      expect(await objects.usage(realm)).toEqual({ objects: 0, bytes: 0 })
      expect(await objects.epoch(realm)).toBe(1)
      expect(await objects.sweep()).toBe(0)
      expect((await given().batch({ op: 'createClass', className: 'Page' })).sequence).toBe(1)
      expect(await given().match({ v: 'x' })).toEqual([])
    })
  })
}

const idsKey = (ids: Iterable<string>): string => [...ids].sort().join()

/** The ids in `Page` after each entry of the realm's journal. */
async function states({ objects }: Fixture, realm: string): Promise<string[]> {
  const ids = new Set<string>()
  const after: string[] = []
  for (let sequence = 0; ; ) {
    const entries = await objects.journal(realm, sequence)
    for (const entry of entries) {
      for (const operation of entry.operations) {
        if (operation.op === 'put' && operation.className === 'Page') ids.add(operation.id)
        if (operation.op === 'delete') ids.delete(operation.id)
      }
      sequence = entry.sequence
      after.push(idsKey(ids))
    }
    if (entries.length === 0) return after
  }
}
