import { describe, expect, it } from '@jest/globals'
import { WorkSums } from './work-sums.ts'

const stampNs = (atMs: number) => Number(process.hrtime.bigint()) + (atMs - performance.now()) * 1e6

describe('what a deployment has to do', () => {
  it('counts who waits up to now, and what is over for good', () => {
    const sums = new WorkSums(4)
    sums.arrived(100)
    sums.arrived(110)
    expect(sums.at(120)).toMatchObject({ entered: 0, waitedMs: 30 })
    sums.waited(100, 130, true)
    expect(sums.at(130)).toMatchObject({ entered: 1, waitedMs: 50 })
    sums.waited(110, 150, false)
    expect(sums.at(900)).toMatchObject({ entered: 1, waitedMs: 70 })
    sums.enteredAtOnce()
    expect(sums.at(900)).toMatchObject({ entered: 2, waitedMs: 70 })
  })

  it('counts places that are taken, also by what still runs', () => {
    const sums = new WorkSums(4)
    sums.began(10)
    sums.began(20)
    expect(sums.at(30).busyMs).toBe(30)
    sums.ended(10, 40)
    expect(sums.at(50).busyMs).toBe(60)
    sums.ended(20, 50)
    expect(sums.at(99)).toMatchObject({ busyMs: 60, places: 4 })
  })

  it('takes the thread of a single isolate for its one place', () => {
    const sums = new WorkSums(1)
    sums.ran(3e6)
    sums.ran(2e6)
    expect(sums.at(0)).toMatchObject({ busyMs: 5, cpuMs: 5, places: 1 })
  })

  it('reads the stamps of isolates as the same clock', () => {
    const sums = new WorkSums(1)
    const nowMs = performance.now()
    sums.enteredAt(nowMs - 25, stampNs(nowMs))
    expect(sums.at(0).waitedMs).toBeGreaterThan(24)
    expect(sums.at(0).waitedMs).toBeLessThan(35)
  })

  it('never shrinks and stays a number, whatever the stamps are', () => {
    const sums = new WorkSums(1)
    for (const stamp of [Number.NaN, -1, 0, Number.POSITIVE_INFINITY, 1e30]) sums.enteredAt(5, stamp)
    expect(sums.at(0)).toMatchObject({ entered: 5, waitedMs: 0 })
  })
})
