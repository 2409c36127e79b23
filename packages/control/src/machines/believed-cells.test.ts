import { describe, expect, it } from '@jest/globals'
import { believedCells } from './believed-cells.ts'

const MACHINE = { cpus: 2 }
const isolate = { realm: 'r', deployment: 'd', heapBytes: 1, active: 1, overrunMs: 0, idleMs: 0 }
const cell = { cell: 'c', cordon: 'a', address: 'unix:/x', pid: 7, rssBytes: 10, isolates: [isolate] }
const loadOf = (load: Record<string, unknown>) =>
  believedCells([{ ...cell, isolates: [{ ...isolate, load }] }], MACHINE)[0]!.isolates[0]!.load

describe('what an agent says of its cells', () => {
  it('is taken as it is when it can be, also from one that says nothing of load', () => {
    expect(believedCells([cell], MACHINE)).toEqual([cell])
    expect(loadOf({ waiting: 1, perSecond: 2, busy: 0.5, cpus: 0.25 })).toEqual({
      ...{ waiting: 1, perSecond: 2, busy: 0.5, cpus: 0.25 },
    })
  })

  it.each([[-1], ['1'], [null], [{}], [Number.NaN]])('is nothing where a figure is %j', (figure) => {
    const nothing = { waiting: 0, perSecond: 0, busy: 0, cpus: 0 }
    expect(loadOf({ waiting: figure, perSecond: figure, busy: figure, cpus: figure })).toEqual(nothing)
    expect(believedCells([{ ...cell, rssBytes: figure }], MACHINE)[0]!.rssBytes).toBe(0)
  })

  it('is no more than its machine has', () => {
    expect(loadOf({ waiting: 1e300, perSecond: 1e300, busy: 1e300, cpus: 1e300 })).toEqual({
      ...{ waiting: 100_000, perSecond: 1_000_000, busy: 1, cpus: 2 },
    })
    const two = [1.5, 4.5].map((cpus) => ({ ...cell, cpus }))
    expect(believedCells(two, MACHINE).map(({ cpus }) => cpus)).toEqual([0.5, 1.5])
  })

  it.each<[string, unknown]>([
    ['no list', {}],
    ['a list of nothing', [null]],
    ['cells without end', Array.from({ length: 2_001 }, () => cell)],
    ['isolates without end', [{ ...cell, isolates: Array.from({ length: 20_001 }, () => isolate) }]],
    ['names without end', [{ ...cell, cell: 'x'.repeat(1_000) }]],
    ['an address that is none', [{ ...cell, address: 7 }]],
  ])('is refused when it is %s', (_, said) => {
    expect(() => believedCells(said, MACHINE)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  })
})
