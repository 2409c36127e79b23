import { describe, expect, it } from '@jest/globals'
import { type Chained, IdTable } from './id-table.ts'

class Item implements Chained<Item> {
  readonly id: number
  nextInBucket: Item | null = null
  constructor(id: number) {
    this.id = id
  }
}

describe('IdTable', () => {
  it('does what a Map does, whatever comes and goes', () => {
    const table = new IdTable<Item>()
    const model = new Map<number, Item>()
    let state = 7
    for (let step = 0; step < 20_000; step++) {
      state = (state * 48_271) % 2_147_483_647
      const id = state % 700
      const known = model.get(id)
      expect(table.get(id)).toBe(known)
      if (known) {
        expect([table.delete(known), table.delete(known), model.delete(id)]).toEqual([true, false, true])
      } else {
        const item = new Item(id)
        table.add(item)
        model.set(id, item)
      }
      expect(table.size).toBe(model.size)
    }
    expect(new Set(table.all())).toEqual(new Set(model.values()))
  })

  it('tells another item of the same id apart', () => {
    const table = new IdTable<Item>()
    table.add(new Item(1))
    expect(table.delete(new Item(1))).toBe(false)
    expect(table.has(1)).toBe(true)
  })
})
