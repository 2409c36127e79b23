import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import { RunningEntries, type RunningEntry } from './running-entries.ts'

const entry = (): RunningEntry => ({
  ...{ startedMs: performance.now(), limitMs: 1, timeoutMs: 1, request: 1, size: 1 },
  abandon: () => undefined,
})

describe('what runs over its limit', () => {
  it('is stuck when it does not stop for a while', async () => {
    const stuck = Promise.withResolvers<void>()
    const entries = new RunningEntries(stuck.resolve)
    entries.add(entry())
    // The watch keeps no process alive by itself.
    const alive = setInterval(() => undefined, 100)
    await stuck.promise
    clearInterval(alive)
    expect(entries.overrunMs(performance.now())).toBeGreaterThan(500)
  })

  it('is not, where this thread was held up and has not heard yet that it ended', async () => {
    let isStuck = false
    const entries = new RunningEntries(() => {
      isStuck = true
    })
    const one = entry()
    entries.add(one)
    const untilMs = performance.now() + 2_000
    while (performance.now() < untilMs);
    // Timers go before what comes from other threads.
    await sleep(1)
    expect(isStuck).toBe(false)
    entries.ended(one)
  })
})
