import { describe, expect, it } from '@jest/globals'
import type { UsageRecord } from '@openzimki/core'
import { totalUsage } from './group-usage.ts'
import { parseUsageWindow } from './parse-usage-window.ts'
import { type AggregatorOptions, OTHER_FUNCTION, UsageAggregator } from './usage-aggregator.ts'
import { jsopsFor, zeroAmounts } from './usage-amounts.ts'

const record = (over: Partial<UsageRecord> = {}): UsageRecord => ({
  ...zeroAmounts(),
  account: 'acme',
  realm: 'wiki',
  key: 'k1',
  deployment: 'd1',
  function: '/',
  outcome: 'ok',
  requests: 1,
  cpuNs: 1_000,
  ...over,
})

const aggregator = (over: Partial<AggregatorOptions> = {}) =>
  new UsageAggregator({ source: 'cell-1', startMs: 100, ...over })

describe('UsageAggregator', () => {
  it('adds records up by all their labels, in windows numbered without gaps', () => {
    const meter = aggregator()
    meter.add(record())
    meter.add(record({ cpuNs: 500, wallMs: 2.4 }))
    meter.add(record({ outcome: 'error' }))
    const window = meter.close(200)
    expect(window).toMatchObject({ source: 'cell-1', sequence: 1, startMs: 100, endMs: 200 })
    expect(window?.rows.map((row) => [row.outcome, row.requests, row.cpuNs, row.wallMs])).toEqual([
      ['ok', 2, 1_500, 2],
      ['error', 1, 1_000, 0],
    ])
    expect(meter.close(300)).toBeNull()
    meter.add(record())
    expect(meter.close(400)).toMatchObject({ sequence: 2, startMs: 300, endMs: 400 })
  })

  it('offers a window until it is acknowledged, and never changes one that was offered', () => {
    const meter = aggregator()
    meter.add(record())
    meter.close(200)
    const offered = JSON.stringify(meter.pending())
    meter.add(record())
    meter.add(record())
    expect(JSON.stringify(meter.pending())).toBe(offered)
    meter.ack(7)
    expect(meter.pending()).toHaveLength(1)
    meter.ack(1)
    meter.ack(1)
    expect(meter.pending()).toHaveLength(0)
    expect(meter.empty).toBe(false)
    meter.close(300)
    meter.ack(2)
    expect(meter.empty).toBe(true)
  })

  it('keeps a bounded number of windows while nobody acknowledges, and still loses nothing', () => {
    const meter = aggregator({ maxPending: 3 })
    for (let second = 1; second <= 50; second++) {
      meter.add(record())
      meter.close(100 + second)
    }
    expect(meter.pending()).toHaveLength(3)
    for (const { sequence } of [...meter.pending()]) meter.ack(sequence)
    expect(meter.close(200)).toMatchObject({
      sequence: 4,
      startMs: 103,
      endMs: 200,
      rows: [{ requests: 47 }],
    })
  })

  it('charges functions beyond the bound to (other), for each realm by itself, and loses none of it', () => {
    const meter = aggregator({ functionsPerRealm: 10 })
    for (let i = 0; i < 5_000; i++) meter.add(record({ function: `/invented/${i}` }))
    meter.add(record({ realm: 'neighbour', function: '/page' }))
    const rows = meter.close(200)?.rows ?? []
    expect(rows).toHaveLength(12)
    expect(rows.find((row) => row.function === OTHER_FUNCTION)).toMatchObject({
      realm: 'wiki',
      requests: 4_990,
    })
    expect(rows.find((row) => row.realm === 'neighbour')?.function).toBe('/page')
    expect(totalUsage(rows).cpuNs).toBe(5_001_000)
  })

  it('cuts long names and takes out what would garble a terminal or a file', () => {
    const meter = aggregator({ functionChars: 20 })
    meter.add(record({ function: 'x'.repeat(1_000_000) }))
    meter.add(record({ function: '\u001b[2J\n\u202ehi \ud800' }))
    const names = meter.close(200)?.rows.map((row) => row.function)
    expect(names).toEqual(['x'.repeat(20), '\ufffd[2J\ufffd\ufffdhi \ufffd'])
  })

  it('keeps rows apart whose function imitates other labels', () => {
    const meter = aggregator()
    meter.add(record({ key: 'k1', deployment: 'd1', function: 'x' }))
    meter.add(record({ key: 'k1', deployment: 'd1', function: 'd1 ok x' }))
    meter.add(record({ function: '__proto__' }))
    expect(meter.close(200)?.rows).toHaveLength(3)
  })

  it('makes windows that the border takes', () => {
    const meter = aggregator()
    meter.add(record({ wallMs: 0.3, jsops: 9.7, function: '' }))
    const sent = JSON.parse(JSON.stringify(meter.close(200)))
    expect(parseUsageWindow(sent)).toEqual(sent)
  })

  it('never ends a window before its start when the wall clock is set back', () => {
    const meter = aggregator()
    meter.add(record())
    expect(meter.close(50)).toMatchObject({ startMs: 100, endMs: 100 })
  })
})

describe('parseUsageWindow', () => {
  const good = {
    source: 'cell-1',
    sequence: 1,
    startMs: 1,
    endMs: 2,
    rows: [record()],
  }

  it('takes a good window', () => {
    expect(parseUsageWindow(structuredClone(good))).toEqual(good)
  })

  it.each([
    ['null', null, 'an object'],
    ['a negative amount', { ...good, rows: [record({ cpuNs: -1 })] }, 'rows[0].cpuNs'],
    ['a fraction', { ...good, rows: [record({ requests: 0.5 })] }, 'rows[0].requests'],
    ['more than a number holds', { ...good, rows: [record({ jsops: 2 ** 53 })] }, 'rows[0].jsops'],
    ['an amount as text', { ...good, rows: [{ ...record(), cpuNs: '1' }] }, 'rows[0].cpuNs'],
    ['an outcome of its own', { ...good, rows: [{ ...record(), outcome: 'free' }] }, 'rows[0].outcome'],
    ['a label that is an object', { ...good, rows: [{ ...record(), realm: {} }] }, 'rows[0].realm'],
    ['a property of its own', { ...good, discount: 1 }, 'discount'],
    ['an endless name', { ...good, rows: [record({ function: 'x'.repeat(1_001) })] }, 'rows[0].function'],
    ['sequence 0', { ...good, sequence: 0 }, 'sequence'],
    ['time that runs backwards', { ...good, endMs: 0 }, 'endMs'],
    ['rows that are no list', { ...good, rows: { length: 1 } }, 'rows'],
    ['too many rows', { ...good, rows: Array(100_001).fill(null) }, '100001'],
    ['inherited properties', Object.create(good), 'source'],
  ])('refuses %s', (_, value, named) => {
    expect(() => parseUsageWindow(value)).toThrow(named)
  })
})

it('jsopsFor normalises by the calibration, and counts nothing without one', () => {
  expect(jsopsFor(1_000_000, 100)).toBe(10_000)
  expect([0, -1, Number.NaN].map((jsopNs) => jsopsFor(1_000_000, jsopNs))).toEqual([0, 0, 0])
})
