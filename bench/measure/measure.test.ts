import { describe, expect, it } from '@jest/globals'
import { meterTable } from '../scenarios/meter-cost.ts'
import { placementTable } from '../scenarios/placement.ts'
import { parseStoreFigures, storeTable } from '../scenarios/store.ts'
import { interleave } from './interleave.ts'
import { onlyLoopback, parseAutocannon, parseWrk } from './load.ts'
import { figure, resultsPage } from './results-page.ts'
import { median, medianRatio, percentile } from './statistics.ts'

const WRK = `Running 2s test @ http://127.0.0.1:4000/
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   628.53us  540.29us  13.12ms   96.66%
    Req/Sec    54.31k     6.86k   60.53k    85.00%
  Latency Distribution
     50%  530.00us
     75%  610.00us
     90%    0.85ms
     99%    2.98ms
  108059 requests in 2.00s, 17.31MB read
Requests/sec:  54012.37
Transfer/sec:      8.65MB
`

describe('parseWrk', () => {
  it('reads rate and latencies in one unit', () => {
    expect(parseWrk(WRK)).toEqual({ requestsPerSecond: 54_012.37, p50Ms: 0.53, p99Ms: 2.98 })
    expect(parseWrk(WRK.replace('2.98ms', '1.20s')).p99Ms).toBe(1_200)
  })

  it('refuses a run with bad answers, and what is none', () => {
    expect(() => parseWrk(`${WRK}  Non-2xx or 3xx responses: 7\n`)).toThrow('responses: 7')
    expect(() => parseWrk(`${WRK}  Socket errors: connect 0, read 3, write 0, timeout 0\n`)).toThrow('read 3')
    expect(() => parseWrk('wrk: command not found')).toThrow('not what wrk prints')
  })
})

it('parseAutocannon reads rate and latencies, and refuses a run with bad answers', () => {
  const result = { requests: { average: 9 }, latency: { p50: 1, p99: 2 }, non2xx: 0, errors: 0, timeouts: 0 }
  expect(parseAutocannon(JSON.stringify(result))).toEqual({ requestsPerSecond: 9, p50Ms: 1, p99Ms: 2 })
  expect(() => parseAutocannon(JSON.stringify({ ...result, non2xx: 4 }))).toThrow('4 not 2xx')
})

it('load goes nowhere but to this machine', () => {
  expect(onlyLoopback('http://127.0.0.1:1/x')).toBe('http://127.0.0.1:1/x')
  for (const url of [
    'http://example.com/',
    'http://127.0.0.1.example.com/',
    'http://127.0.0.1@example.com/',
  ]) {
    expect(() => onlyLoopback(url)).toThrow('127.0.0.1 only')
  }
})

it('interleave takes turns, beginning with another one each round', async () => {
  const order: string[] = []
  const rounds = await interleave(['a', 'b', 'c'], 3, async (name, round) => {
    order.push(name)
    return round
  })
  expect(order.join('')).toBe('abcbcacab')
  expect([...rounds]).toEqual([
    ['a', [0, 1, 2]],
    ['b', [0, 1, 2]],
    ['c', [0, 1, 2]],
  ])
})

it('statistics', () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5])
  expect(medianRatio([2, 30, 8], [1, 10, 2])).toBe(3)
  expect([percentile([1, 2, 3, 4], 0.5), percentile([1, 2, 3, 4], 0.99)]).toEqual([2, 4])
  expect(percentile([], 0.5)).toBeNaN()
})

it('resultsPage shows what was promised first, and says so when it was missed', () => {
  const promise = { what: 'speed', target: '>= 2', measured: '1', met: false }
  const table = { title: 'T', how: 'How.', columns: ['a', 'b'], rows: [['1', '2']], promises: [promise] }
  const page = resultsPage('a machine', 'wrk', [table])
  expect(page).toContain('| speed | >= 2 | 1 | **no** |')
  expect(page).toContain('## T\n\nHow.\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n')
})

it('figure keeps three digits that matter', () => {
  expect([12_345.6, 99.96, 3.456, Number.NaN].map(figure)).toEqual(['12,346', '100', '3.46', '-'])
})

it("the store's promises are held to its slowest figures, and to the most creates of its slower way", () => {
  const output = `filling
{"name":"local: equality, 20 hits (ms)","p50":0.1,"p99":0.4,"max":3}
{"name":"remote: equality, 20 hits (ms)","p50":0.2,"p99":6,"max":9}
{"name":"local: create, 1 in flight","perSecond":900}
{"name":"local: create, 32 in flight","perSecond":9000}
{"name":"link: create, 1 in flight","perSecond":500}
{"name":"link: create, 32 in flight","perSecond":2900}
{"name":"link: create, 64 in flight","perSecond":2800}
`
  const { promises, rows } = storeTable(parseStoreFigures(output))
  expect(rows).toHaveLength(7)
  expect(promises.map(({ measured, met }) => [measured, met])).toEqual([
    ['6 ms', false],
    ['2,900 a second', false],
  ])
})

it("placement's promises are held to its slowest case, and a benchmark that says nothing is no good news", () => {
  const output = `plan of 10000 machines and 1000000 realms, all is well: median 90 ms, worst of 7 140 ms, CPU 80 ms, 0 actions
plan of 10000 machines and 1000000 realms, 1 % of the machines died, their realms are asked for: median 210 ms, worst of 7 300 ms, CPU 1 ms, 9 actions
choose of 1 cells: 12 ns (1000000 found)
choose of 64 cells: 450 ns (1000000 found)
`
  const { promises, rows } = placementTable(output)
  expect(rows).toHaveLength(4)
  expect(promises.map(({ measured, met }) => [measured, met])).toEqual([
    ['210 ms', false],
    ['0.45 us', true],
  ])
  expect(() => placementTable('nothing')).toThrow('printed no line')
})

it('what the meter costs is the median of pairs, and is held to its promise', () => {
  const off = [1_000, 2_000, 500]
  for (const [on, measured, met] of [
    [[960, 1_000, 490], '4 % fewer', true],
    [[940, 1_900, 460], '6 % fewer', false],
  ] as const) {
    expect(meterTable(on, off).promises).toMatchObject([{ measured, met }])
  }
})
