import { describe, expect, it } from '@jest/globals'
import { CpuAttribution } from './cpu-attribution.ts'

/** A small reproducible generator (Lehmer); returns whole numbers below `limit`. */
function seeded(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (state * 48_271) % 2_147_483_647
    return state % limit
  }
}

const collect = (into: Record<string, number>, name: string) => (cpuNs: number) => {
  into[name] = (into[name] ?? 0) + cpuNs
}

describe('CpuAttribution', () => {
  it('charges elapsed time as it is while the processors suffice', () => {
    const cpu = new CpuAttribution()
    const charged = {}
    cpu.slice('i1', 'a', 1_000)
    cpu.slice('i1', 'a', 500)
    cpu.finish('a', collect(charged, 'a'))
    expect(charged).toEqual({})
    expect(cpu.closeWindow(2_000)).toEqual({ cpuNs: 1_500, elapsedNs: 1_500, idleNs: 0 })
    expect(charged).toEqual({ a: 1_500 })
  })

  it('scales elapsed time down to what the threads really had: 5 isolates of 1,391 ms on 2,775 ms of CPU have 555 ms each', () => {
    const cpu = new CpuAttribution()
    const charged: Record<string, number> = {}
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      cpu.slice(name, name, 1_391_000_000)
      cpu.finish(name, collect(charged, name))
    }
    cpu.closeWindow(2_775_000_000)
    expect(Object.values(charged)).toEqual(Array(5).fill(555_000_000))
  })

  it('takes elapsed time where the system cannot tell', () => {
    const cpu = new CpuAttribution()
    cpu.slice('i', 'a', 700)
    expect(cpu.closeWindow(null).cpuNs).toBe(700)
  })

  it('adds parts of a long run up over windows, and reports when the last one closes', () => {
    const cpu = new CpuAttribution({ carryLimitNs: 0 })
    const charged: Record<string, number> = {}
    cpu.slice('i', 'a', 50)
    cpu.closeWindow(50)
    cpu.slice('i', 'a', 50)
    cpu.closeWindow(25)
    cpu.slice('i', 'a', 10)
    expect(cpu.soFarNs('a')).toBe(85)
    cpu.finish('a', collect(charged, 'a'))
    cpu.closeWindow(10)
    expect(charged).toEqual({ a: 85 })
    expect(cpu.soFarNs('a')).toBe(0)
  })

  it('shares what nobody can be named for among the running requests of that isolate alone', () => {
    const cpu = new CpuAttribution()
    const charged: Record<string, number> = {}
    for (const name of ['a', 'b', 'c']) cpu.begin('i', name)
    cpu.begin('other', 'x')
    cpu.slice('i', null, 100)
    for (const name of ['a', 'b', 'c', 'x']) cpu.finish(name, collect(charged, name))
    cpu.closeWindow(1_000)
    expect(charged).toEqual({ a: 33, b: 33, c: 34, x: 0 })
  })

  it('charges work of an isolate without a running request to nobody, but counts it', () => {
    const cpu = new CpuAttribution()
    cpu.begin('i', 'a')
    cpu.finish('a', () => undefined)
    cpu.slice('i', null, 100)
    expect(cpu.closeWindow(50)).toEqual({ cpuNs: 50, elapsedNs: 100, idleNs: 50 })
  })

  it('lets slices that come late claim CPU of the window before, up to the carry and no further', () => {
    const cpu = new CpuAttribution({ carryLimitNs: 30 })
    cpu.closeWindow(1_000)
    cpu.slice('i', 'a', 100)
    expect(cpu.closeWindow(20).cpuNs).toBe(50)
    cpu.slice('i', 'a', 100)
    expect(cpu.closeWindow(20).cpuNs).toBe(20)
  })

  it('reports a request once, one that never ran too, and forgets all', () => {
    const cpu = new CpuAttribution()
    const calls: string[] = []
    cpu.finish('never', (cpuNs) => calls.push(`never ${cpuNs}`))
    cpu.slice('i', 'a', 5)
    cpu.finish('a', (cpuNs) => calls.push(`a ${cpuNs}`))
    cpu.finish('a', () => calls.push('twice'))
    cpu.closeWindow(null)
    cpu.closeWindow(null)
    expect(calls).toEqual(['never 0', 'a 5'])
  })

  it('goes on after a callback that throws', () => {
    const cpu = new CpuAttribution()
    cpu.slice('i', 'a', 5)
    cpu.finish('a', () => {
      throw new Error('from the caller')
    })
    expect(() => cpu.closeWindow(null)).toThrow('from the caller')
    cpu.slice('i', 'a', 7)
    expect(cpu.closeWindow(null).cpuNs).toBe(7)
  })

  it('takes negative and broken times as nothing', () => {
    const cpu = new CpuAttribution()
    cpu.slice('i', 'a', -5)
    cpu.slice('i', 'a', Number.NaN)
    expect(cpu.closeWindow(-10)).toEqual({ cpuNs: 0, elapsedNs: 0, idleNs: 0 })
  })

  it.each([1, 2, 3, 4, 5])('parts are whole, fair to a nanosecond and sum exactly (seed %d)', (seed) => {
    const below = seeded(seed)
    const cpu = new CpuAttribution({ carryLimitNs: 0 })
    const shares = Array.from({ length: 1 + below(300) }, () => below(3_000_000_000))
    const charged: number[] = []
    for (const [index, elapsedNs] of shares.entries()) {
      cpu.slice(`i${below(4)}`, `r${index}`, elapsedNs)
      cpu.finish(`r${index}`, (cpuNs) => charged.push(cpuNs))
    }
    const totalNs = shares.reduce((sum, share) => sum + share, 0)
    const threadNs = below(2 * 1_000_000) * 1_000
    const window = cpu.closeWindow(threadNs)
    expect(window.cpuNs).toBe(Math.min(totalNs, threadNs))
    expect(charged.reduce((sum, cpuNs) => sum + cpuNs, 0)).toBe(window.cpuNs)
    expect(charged.every(Number.isSafeInteger)).toBe(true)
    const ratio = totalNs === 0 ? 0 : window.cpuNs / totalNs
    const furthest = Math.max(
      ...charged.map((cpuNs, index) => Math.abs(cpuNs - (shares[index] ?? 0) * ratio)),
    )
    expect(furthest).toBeLessThanOrEqual(1.001)
  })
})
