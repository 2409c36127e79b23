import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Knex } from 'knex'
import { openDatabase } from '../database/open-database.ts'
import { testState } from '../testing/test-state.ts'
import { forgetSources, markCounted } from './counted-windows.ts'

let db: Knex

beforeEach(async () => {
  db = await openDatabase({
    location: (await testState.make?.()) ?? ':memory:',
    schema: 'control',
    synchronous: 'FULL',
  })
})
afterEach(() => db.destroy())

const mark = (sequence: number, nowMs = 1) =>
  db.transaction((transaction) => markCounted(transaction, { machine: 'm', source: 's', sequence }, nowMs))
const rows = async (table: string) => (await db(table)).length

describe('markCounted', () => {
  it('knows each number once, in whatever order, and keeps one row when there is no gap', async () => {
    const order = [2, 4, 1, 3, 7, 6, 5]
    for (const sequence of order) expect(await mark(sequence)).toBe('new')
    for (const sequence of order) expect(await mark(sequence)).toBe('known')
    expect(await rows('usage_sources')).toBe(1)
    expect(await rows('usage_ahead')).toBe(0)
  })

  it('keeps what lies beyond a gap until it closes', async () => {
    await mark(1)
    await mark(3)
    expect(await rows('usage_ahead')).toBe(1)
    expect(await mark(3)).toBe('known')
    expect(await mark(2)).toBe('new')
    expect(await rows('usage_ahead')).toBe(0)
  })

  it('gives the oldest gap up when a cell invents too many', async () => {
    const ahead = Array.from({ length: 10_000 }, (_, n) => ({
      machine: 'm',
      source: 's',
      sequence: 10 + 2 * n,
    }))
    await db.batchInsert('usage_ahead', ahead, 200)
    expect(await mark(100_000)).toBe('new')
    expect(await rows('usage_ahead')).toBe(10_000)
    expect(await mark(10)).toBe('known')
    expect(await mark(5)).toBe('known')
    expect(await mark(11)).toBe('new')
    expect(await mark(100_000)).toBe('known')
  })

  it('forgets a cell that has long been silent', async () => {
    await mark(1, 5)
    await mark(3, 5)
    await forgetSources(db, 5)
    expect(await mark(1, 5)).toBe('known')
    await forgetSources(db, 6)
    expect([await rows('usage_sources'), await rows('usage_ahead')]).toEqual([0, 0])
  })
})
