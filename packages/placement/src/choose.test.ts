import { describe, expect, it } from '@jest/globals'
import { choose } from './choose.ts'
import type { CellEndpoint } from './route-table.ts'

const cell = (id: string): CellEndpoint => ({ id, address: `unix:/${id}` })

describe('choose', () => {
  it('takes the least loaded, and of equals the smallest id, whatever their order', () => {
    const load: Record<string, number> = { a: 3, b: 1, c: 1 }
    const inFlight = ({ id }: CellEndpoint) => load[id] ?? 0
    expect(choose([cell('a'), cell('b'), cell('c')], inFlight)?.id).toBe('b')
    expect(choose([cell('c'), cell('a'), cell('b')], inFlight)?.id).toBe('b')
  })

  it('says plainly that there is none', () => {
    expect(choose([], () => 0)).toBeNull()
  })

  it('takes one even when all are beyond counting', () => {
    expect(choose([cell('b'), cell('a')], () => Number.POSITIVE_INFINITY)?.id).toBe('a')
  })

  it('spreads a thousand requests evenly', () => {
    const cells = ['a', 'b', 'c'].map(cell)
    const load = new Map(cells.map(({ id }) => [id, 0]))
    for (let request = 0; request < 999; request++) {
      const { id } = choose(cells, (entry) => load.get(entry.id) ?? 0) ?? cell('none')
      load.set(id, (load.get(id) ?? 0) + 1)
    }
    expect([...load.values()]).toEqual([333, 333, 333])
  })
})
