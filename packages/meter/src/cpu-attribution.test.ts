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
    const isolate = cpu.isolate()
    const a = cpu.begin(isolate)
    cpu.slice(isolate, a, 1_000)
    cpu.slice(isolate, a, 500)
    cpu.finish(a, collect(charged, 'a'))
    expect(charged).toEqual({})
    expect(cpu.closeWindow(2_000)).toEqual({ cpuNs: 1_500, elapsedNs: 1_500, idleNs: 0 })
    expect(charged).toEqual({ a: 1_500 })
  })

  it('scales elapsed time down to what the threads really had: 5 isolates of 1,391 ms on 2,775 ms of CPU have 555 ms each', () => {
    const cpu = new CpuAttribution()
    const charged: Record<string, number> = {}
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      const isolate = cpu.isolate()
      const request = cpu.begin(isolate)
      cpu.slice(isolate, request, 1_391_000_000)
      cpu.finish(request, collect(charged, name))
    }
    cpu.closeWindow(2_775_000_000)
    expect(Object.values(charged)).toEqual(Array(5).fill(555_000_000))
  })

  it('takes elapsed time where the system cannot tell', () => {
    const cpu = new CpuAttribution()
    const isolate = cpu.isolate()
    cpu.slice(isolate, cpu.begin(isolate), 700)
    expect(cpu.closeWindow(null).cpuNs).toBe(700)
  })

  it('adds parts of a long run up over windows, and reports when the last one closes', () => {
    const cpu = new CpuAttribution({ carryLimitNs: 0 })
    const charged: Record<string, number> = {}
    const isolate = cpu.isolate()
    const a = cpu.begin(isolate)
    cpu.slice(isolate, a, 50)
    cpu.closeWindow(50)
    cpu.slice(isolate, a, 50)
    cpu.closeWindow(25)
    cpu.slice(isolate, a, 10)
    expect(a.soFarNs).toBe(85)
    cpu.finish(a, collect(charged, 'a'))
    cpu.closeWindow(10)
    expect(charged).toEqual({ a: 85 })
  })

  it('shares what nobody can be named for among the running requests of that isolate alone', () => {
    const cpu = new CpuAttribution()
    const charged: Record<string, number> = {}
    const isolate = cpu.isolate()
    const gone = cpu.begin(isolate)
    const requests = ['a', 'b', 'c'].map((name) => ({ name, request: cpu.begin(isolate) }))
    requests.push({ name: 'x', request: cpu.begin(cpu.isolate()) })
    cpu.finish(gone, collect(charged, 'gone'))
    cpu.slice(isolate, null, 100)
    for (const { name, request } of requests) cpu.finish(request, collect(charged, name))
    cpu.closeWindow(1_000)
    expect(charged).toEqual({ gone: 0, a: 34, b: 33, c: 33, x: 0 })
  })

  it('charges work of an isolate without a running request to nobody, but counts it', () => {
    const cpu = new CpuAttribution()
    const isolate = cpu.isolate()
    cpu.finish(cpu.begin(isolate), () => undefined)
    cpu.slice(isolate, null, 100)
    expect(cpu.closeWindow(50)).toEqual({ cpuNs: 50, elapsedNs: 100, idleNs: 50 })
  })

  it('charges work that outlives its report to those that still run', () => {
    const cpu = new CpuAttribution()
    const charged: Record<string, number> = {}
    const isolate = cpu.isolate()
    const [over, running] = [cpu.begin(isolate), cpu.begin(isolate)]
    cpu.finish(over, collect(charged, 'over'))
    cpu.closeWindow(null)
    cpu.slice(isolate, over, 100)
    cpu.finish(running, collect(charged, 'running'))
    cpu.closeWindow(null)
    expect(charged).toEqual({ over: 0, running: 100 })
  })

  it('lets slices that come late claim CPU of the window before, up to the carry and no further', () => {
    const cpu = new CpuAttribution({ carryLimitNs: 30 })
    const isolate = cpu.isolate()
    const a = cpu.begin(isolate)
    cpu.closeWindow(1_000)
    cpu.slice(isolate, a, 100)
    expect(cpu.closeWindow(20).cpuNs).toBe(50)
    cpu.slice(isolate, a, 100)
    expect(cpu.closeWindow(20).cpuNs).toBe(20)
  })

  it('reports a request once, one that never ran too, and forgets all', () => {
    const cpu = new CpuAttribution()
    const calls: string[] = []
    const isolate = cpu.isolate()
    cpu.finish(cpu.begin(isolate), (cpuNs) => calls.push(`never ${cpuNs}`))
    const a = cpu.begin(isolate)
    cpu.slice(isolate, a, 5)
    cpu.finish(a, (cpuNs) => calls.push(`a ${cpuNs}`))
    cpu.finish(a, () => calls.push('twice'))
    cpu.closeWindow(null)
    cpu.closeWindow(null)
    expect(calls).toEqual(['never 0', 'a 5'])
    expect([isolate.running, isolate.first]).toEqual([0, null])
  })

  it('goes on after a callback that throws', () => {
    const cpu = new CpuAttribution()
    const isolate = cpu.isolate()
    const a = cpu.begin(isolate)
    cpu.slice(isolate, a, 5)
    cpu.finish(a, () => {
      throw new Error('from the caller')
    })
    expect(() => cpu.closeWindow(null)).toThrow('from the caller')
    cpu.slice(isolate, cpu.begin(isolate), 7)
    expect(cpu.closeWindow(null).cpuNs).toBe(7)
  })

  it('takes negative and broken times as nothing', () => {
    const cpu = new CpuAttribution()
    const isolate = cpu.isolate()
    const a = cpu.begin(isolate)
    cpu.slice(isolate, a, -5)
    cpu.slice(isolate, a, Number.NaN)
    expect(cpu.closeWindow(-10)).toEqual({ cpuNs: 0, elapsedNs: 0, idleNs: 0 })
  })

  it.each([1, 2, 3, 4, 5])('parts are whole, fair to a nanosecond and sum exactly (seed %d)', (seed) => {
    const below = seeded(seed)
    const cpu = new CpuAttribution({ carryLimitNs: 0 })
    const shares = Array.from({ length: 1 + below(300) }, () => below(3_000_000_000))
    const charged: number[] = []
    const isolates = Array.from({ length: 4 }, () => cpu.isolate())
    for (const elapsedNs of shares) {
      const isolate = isolates[below(4)]!
      const request = cpu.begin(isolate)
      cpu.slice(isolate, request, elapsedNs)
      cpu.finish(request, (cpuNs) => charged.push(cpuNs))
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
