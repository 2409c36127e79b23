import { afterEach, expect, it, jest } from '@jest/globals'
import { systemClock, type UsageWindow } from '@openzimki/core'
import { AlternatingMeter } from './alternating-meter.ts'
import type { RunningRequest } from './running-request.ts'

afterEach(() => {
  jest.restoreAllMocks()
})

/** What requests that begin at these times are metered as. */
function meteredAt(timesMs: readonly number[]): number {
  const windows: UsageWindow[] = []
  const ship = (window: UsageWindow): unknown => windows.push(window)
  const meter = new AlternatingMeter({
    ...{
      source: 'cell',
      jsopNs: 1_000_000,
      clock: systemClock,
      threads: null,
      settle: () => undefined,
      ship,
    },
  })
  const isolate = meter.isolate()
  const now = jest.spyOn(Date, 'now')
  const amounts = { bytesIn: 0, bytesOut: 0, egressBytes: 0, storeReads: 0, storeWrites: 0 }
  for (const timeMs of timesMs) {
    now.mockReturnValue(timeMs)
    const about = { head: { key: 'k' }, function: '/', outcome: 'ok', startedMs: 0, cpu: null, amounts }
    const request = about as unknown as RunningRequest
    meter.begin(isolate, request)
    meter.slice(isolate, request, 1_000)
    meter.finish(request, { account: 'a', realm: 'r', deployment: 'd' })
  }
  now.mockRestore()
  meter.flush()
  meter.close()
  return windows.flatMap(({ rows }) => rows).reduce((sum, { requests }) => sum + requests, 0)
}

it('meters in every other two seconds', () => {
  expect(meteredAt([4_000, 5_999, 8_000])).toBe(3)
  expect(meteredAt([6_000, 7_999])).toBe(0)
  expect(meteredAt([5_000, 7_000, 9_000])).toBe(2)
})
