import { describe, expect, it } from '@jest/globals'
import type { IsolateReport, LoadSums } from '@openzimki/core'
import { LoadMeter } from './load-meter.ts'
import { processCpuMs } from './process-cpu.ts'

const REF = { realm: 'r', deployment: 'd' }
const sums = (over: Partial<LoadSums> = {}): LoadSums => ({
  ...{ entered: 0, waitedMs: 0, busyMs: 0, cpuMs: 0, places: 4 },
  ...over,
})
const report = (said: LoadSums, deployment = 'd'): IsolateReport => ({
  ...{ realm: 'r', deployment, heapBytes: 0, active: 0, overrunMs: 0, idleMs: 0 },
  sums: said,
})
const meterOf = (concurrency = 100) => new LoadMeter({ smoothMs: 1_000, concurrencyOf: () => concurrency })

/** Reports every 100 ms for so long; `grow` says what is added to each sum in a second. */
function run(meter: LoadMeter, grow: Partial<LoadSums>, ms: number, processCpus: number | null = null): void {
  for (let atMs = 0; atMs <= ms; atMs += 100) {
    const at = (name: keyof LoadSums) => ((grow[name] ?? 0) * atMs) / 1000
    const said = sums({
      entered: at('entered'),
      waitedMs: at('waitedMs'),
      busyMs: at('busyMs'),
      cpuMs: at('cpuMs'),
    })
    meter.processRan(processCpus === null ? null : processCpus * atMs, atMs)
    meter.reported([report(said)], atMs)
  }
}

describe('the load of a deployment', () => {
  it('is what its sums grow by, averaged over the last seconds', () => {
    const meter = meterOf()
    run(meter, { entered: 40, waitedMs: 12_000, busyMs: 4_000, cpuMs: 500 }, 60_000)
    const load = meter.loadOf(REF)!
    expect(load.waiting).toBeCloseTo(12, 2)
    expect(load.perSecond).toBeCloseTo(40, 2)
    expect(load.busy).toBeCloseTo(1, 2)
    expect(load.cpus).toBeCloseTo(0.5, 2)
  })

  it('fades when there is nothing to do, and is unknown of what is not there', () => {
    const meter = meterOf()
    run(meter, { entered: 40, waitedMs: 12_000 }, 10_000)
    const last = sums({ entered: 400, waitedMs: 120_000 })
    for (let atMs = 10_100; atMs < 20_000; atMs += 100) meter.reported([report(last)], atMs)
    expect(meter.loadOf(REF)!.waiting).toBeLessThan(0.01)
    expect(meter.loadOf({ realm: 'r', deployment: 'other' })).toBeNull()
    meter.reported([], 20_000)
    expect(meter.loadOf(REF)).toBeNull()
  })

  it('is not more than there can be, whatever the cell says', () => {
    const meter = meterOf(7)
    run(meter, { entered: 1e15, waitedMs: 1e15, busyMs: 1e15, cpuMs: 1e15 }, 60_000, 0.25)
    const load = meter.loadOf(REF)!
    expect(load.waiting).toBeLessThanOrEqual(7)
    expect(load.perSecond).toBeLessThanOrEqual(1_000_000)
    expect(load.busy).toBeLessThanOrEqual(1)
    // What the kernel says of the process.
    expect(load.cpus).toBeLessThanOrEqual(0.2501)
    expect(meter.processCpus).toBeCloseTo(0.25, 2)
  })

  it('is nothing when the sums shrink', () => {
    const meter = meterOf()
    meter.reported([report(sums({ entered: 1e6, waitedMs: 1e6, busyMs: 1e6, cpuMs: 1e6 }))], 0)
    meter.reported([report(sums())], 100)
    expect(meter.loadOf(REF)).toEqual({ waiting: 0, perSecond: 0, busy: 0, cpus: 0 })
  })

  it('of two that claim the whole process is shared as they claim it', () => {
    const meter = meterOf()
    for (let atMs = 0; atMs <= 60_000; atMs += 100) {
      meter.processRan(atMs, atMs)
      meter.reported([report(sums({ cpuMs: atMs * 3 })), report(sums({ cpuMs: atMs }), 'e')], atMs)
    }
    expect(meter.loadOf(REF)!.cpus).toBeCloseTo(0.75, 2)
    expect(meter.loadOf({ realm: 'r', deployment: 'e' })!.cpus).toBeCloseTo(0.25, 2)
  })
})

// Skipped elsewhere for one reason: only Linux has /proc.
const onLinux = process.platform === 'linux' ? it : it.skip

describe('what a process has burned', () => {
  onLinux('is what the kernel says, and null of one that is gone', async () => {
    const before = (await processCpuMs(process.pid))!
    const { user, system } = process.cpuUsage()
    const until = user + system + 60_000
    for (let used = 0; used < until; ) {
      const now = process.cpuUsage()
      used = now.user + now.system
    }
    expect((await processCpuMs(process.pid))! - before).toBeGreaterThanOrEqual(40)
    expect(await processCpuMs(2 ** 22 + 1)).toBeNull()
  })
})
