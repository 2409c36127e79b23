import { describe, expect, it } from '@jest/globals'
import type { IsolateLoad } from '@openzimki/core'
import { RealmSignals } from './realm-signals.ts'

function signalsAt(): { signals: RealmSignals; pass: (ms: number) => void } {
  let nowMs = 0
  const signals = new RealmSignals({
    ...{ nowMs: () => nowMs, waitHighMs: 50, waitLowMs: 5 },
    ...{ busyMs: 4_000, settleMs: 15_000, calmMs: 120_000 },
  })
  return {
    signals,
    pass: (ms) => {
      nowMs += ms
    },
  }
}
const load = (over: Partial<IsolateLoad> = {}): IsolateLoad => ({
  ...{ waiting: 0, perSecond: 10, busy: 0.2, cpus: 0.1 },
  ...over,
})
/** Twenty wait and get their turn in a second: each waits for one. */
const QUEUE = load({ waiting: 20, perSecond: 20, busy: 1 })

describe('what the plan is told of a realm', () => {
  it('is of all its loads together', () => {
    const { signals } = signalsAt()
    const figures = signals.read('r', [load({ waiting: 0.3 }), load({ waiting: 0.1, busy: 0.5, cpus: 1 })])
    expect(figures).toMatchObject({ waitMs: 20, work: 0.7, outgrown: null })
    expect(figures.cpus).toBeCloseTo(1.1)
    expect(signals.read('new', [])).toEqual({ waitMs: 0, work: 0, cpus: 0, outgrown: null })
  })

  it('is not a wait of which there is nothing left but its average', () => {
    const { signals } = signalsAt()
    expect(signals.read('r', [load({ waiting: 1e-9, perSecond: 1e-12 })]).waitMs).toBe(0)
    expect(signals.read('r', [load({ waiting: 100, perSecond: 0 })]).waitMs).toBeLessThanOrEqual(60_000)
  })

  it('calls it busy only when its requests have waited for long', () => {
    const { signals, pass } = signalsAt()
    expect(signals.read('r', [QUEUE]).waitMs).toBe(50)
    pass(3_999)
    expect(signals.read('r', [QUEUE]).waitMs).toBe(50)
    pass(1)
    expect(signals.read('r', [QUEUE]).waitMs).toBe(1_000)
    signals.read('r', [load()])
    expect(signals.read('r', [QUEUE]).waitMs).toBe(50)
  })

  it('reads nothing out of figures that are of before it grew, and remembers what was too much', () => {
    const { signals, pass } = signalsAt()
    signals.read('r', [QUEUE])
    pass(5_000)
    expect(signals.read('r', [QUEUE])).toMatchObject({ waitMs: 1_000, outgrown: null })
    signals.grew('r')
    expect(signals.read('r', [QUEUE, load()])).toMatchObject({ waitMs: 50, outgrown: 1 })
    pass(15_000)
    expect(signals.read('r', [QUEUE, load()]).waitMs).toBeGreaterThan(50)
  })

  it('calls one that has grown calm only after a long calm; one that never has, at once', () => {
    const { signals, pass } = signalsAt()
    expect(signals.read('moved', [load(), load()]).waitMs).toBe(0)
    signals.read('r', [QUEUE])
    signals.grew('r')
    pass(20_000)
    expect(signals.read('r', [load(), load()]).waitMs).toBe(5)
    pass(119_999)
    expect(signals.read('r', [load(), load()]).waitMs).toBe(5)
    pass(1)
    expect(signals.read('r', [load(), load()]).waitMs).toBe(0)
  })

  it('forgets realms that are no more', () => {
    const { signals } = signalsAt()
    signals.read('r', [QUEUE])
    signals.grew('r')
    signals.keep(new Set())
    expect(signals.read('r', [QUEUE]).outgrown).toBeNull()
  })
})
