import { describe, expect, it } from '@jest/globals'
import { calibrateJsop, jsopRounds } from './calibrate-jsop.ts'

describe('calibrateJsop', () => {
  it('does the same work for ever: a change here changes the price of everything', () => {
    expect(jsopRounds(10_000)).toBeCloseTo(50_501_989.9142655, 1)
  })

  it('takes the median of its runs, so that a disturbed run does not count', () => {
    let call = 0
    let nowNs = 0
    const times = [1_000_000, 9_000_000]
    const clock = () => {
      call += 1
      // Every second reading ends a run; a third of the runs are disturbed.
      if (call % 2 === 0) nowNs += call % 6 === 0 ? (times[1] ?? 0) : (times[0] ?? 0)
      return nowNs
    }
    expect(calibrateJsop(clock)).toBe(100)
  })

  it('measures this machine', () => {
    const jsopNs = calibrateJsop()
    expect(jsopNs).toBeGreaterThan(1)
    expect(jsopNs).toBeLessThan(100_000)
  })
})
