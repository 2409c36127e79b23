import { randomUUID } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import type { Operation } from '../contract.ts'
import type { Fixture } from './fixture.ts'

export function journalCases(given: () => Fixture): void {
  describe('journal', () => {
    it('has one entry a batch, in order, with what was done', async () => {
      const { objects, realm, clock } = given()
      const id = randomUUID()
      const batches: Operation[][] = [
        [{ op: 'createClass', className: 'Page' }],
        [
          {
            op: 'put',
            className: 'Page',
            id,
            data: { text: '"\u0000\u2028', list: [1] },
            expiresAtMs: 2 ** 45,
          },
          { op: 'createClass', className: 'Other', ifMissing: true },
        ],
        [
          { op: 'delete', className: 'Page', id },
          { op: 'deleteClass', className: 'Other' },
        ],
      ]
      for (const operations of batches)
        expect((await given().batch(...operations)).sequence).toBeGreaterThan(0)
      const entries = await objects.journal(realm, 0)
      expect(entries.map((entry) => entry.sequence)).toEqual([1, 2, 3])
      expect(entries.map((entry) => entry.operations)).toEqual(batches)
      expect(entries[0]).toMatchObject({ epoch: 1, timeMs: clock.nowMs() })
    })

    it('leaves conditions out, so that it can be replayed elsewhere to the same objects', async () => {
      const { objects, realm } = given()
      await given().createClass()
      const id = await given().put({ n: 1 }, { ifVersion: 0 })
      await given().put({ n: 2 }, { id, ifVersion: 1 })
      await given().put({ n: 3 })
      const copy = randomUUID()
      for (const entry of await objects.journal(realm, 0)) await objects.batch(copy, 1, entry.operations)
      const there = await objects.search(copy, 'Page', {})
      expect(there.map(({ id, data, version }) => ({ id, data, version }))).toEqual(
        (await objects.search(realm, 'Page', {})).map(({ id, data, version }) => ({ id, data, version })),
      )
    })

    it('is read from a place on, in parts', async () => {
      const { objects, realm } = given()
      await given().createClass()
      for (let n = 0; n < 5; n++) await given().put({ n })
      const sequences = async (after: number, limit?: number) =>
        (await objects.journal(realm, after, limit)).map((entry) => entry.sequence)
      expect(await sequences(2, 2)).toEqual([3, 4])
      expect(await sequences(4)).toEqual([5, 6])
      expect(await sequences(6)).toEqual([])
      expect(await sequences(0, 0)).toEqual([])
      expect(await objects.journal(randomUUID(), 0)).toEqual([])
      await objects.trimJournal(realm, 5)
      expect(await sequences(0)).toEqual([5, 6])
      expect((await given().batch({ op: 'createClass', className: 'Next' })).sequence).toBe(7)
    })

    it('tells the epoch of each entry, and goes on over a change of it', async () => {
      const { objects, realm } = given()
      await given().createClass()
      await objects.advanceEpoch(realm, 1)
      const { sequence } = await objects.batch(realm, 2, [{ op: 'createClass', className: 'Other' }])
      expect(sequence).toBe(2)
      expect((await objects.journal(realm, 0)).map((entry) => entry.epoch)).toEqual([1, 2])
    })
  })
}
