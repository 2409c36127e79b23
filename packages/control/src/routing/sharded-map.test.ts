import { describe, expect, it } from '@jest/globals'
import { ShardedMap } from './sharded-map.ts'

describe('ShardedMap', () => {
  it('does what a Map does, through many changes', () => {
    let random = 42
    const next = (below: number) => {
      random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0
      return random % below
    }
    const model = new Map<string, number>()
    let map = new ShardedMap<number>()
    for (let round = 0; round < 300; round++) {
      const changes = Array.from({ length: next(10) }, (): [string, number | undefined] => [
        `key-${next(400)}`,
        next(3) === 0 ? undefined : next(1000),
      ])
      for (const [key, value] of changes) value === undefined ? model.delete(key) : model.set(key, value)
      map = map.with(changes)
      expect(map.size).toBe(model.size)
    }
    expect(new Map(map)).toEqual(model)
    expect([...map.keys()].sort()).toEqual([...model.keys()].sort())
    expect([...map.values()].sort()).toEqual([...model.values()].sort())
    const seen = new Map<string, number>()
    map.forEach((value, key) => {
      seen.set(key, value)
    })
    expect(seen).toEqual(model)
  })

  it('leaves the map it was made of as it was', () => {
    const before = new ShardedMap<number>().with([['a', 1]])
    const after = before.with([
      ['a', 2],
      ['b', 3],
    ])
    expect([before.get('a'), before.has('b'), before.size]).toEqual([1, false, 1])
    expect([after.get('a'), after.get('b'), after.size]).toEqual([2, 3, 2])
  })
})
