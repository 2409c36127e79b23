import { describe, expect, it } from '@jest/globals'
import type { Kill } from '../kills/kill.ts'
import type { SentRequest } from '../load/sent-request.ts'
import { judgeFailures, TOLD_WITHIN_MS } from './judge-failures.ts'
import { judgeMeter, type RealmMeter } from './judge-meter.ts'
import { judgeWrites } from './judge-writes.ts'

const KILL: Kill = { part: 'cell', what: 'cell 1', realms: ['left'], fromMs: 10_000, untilMs: 10_500 }

const sent = (over: Partial<SentRequest>): SentRequest => ({
  ...{ realm: 'left', function: '/write', startMs: 9_999, endMs: 10_001, outcome: 'failed', why: 'reset' },
  ...over,
})

describe('judgeFailures', () => {
  it.each<[string, Partial<SentRequest>]>([
    ['under way when it was killed', {}],
    ['sent before anybody knew', { startMs: 10_400, endMs: 10_600 }],
    ['that found nobody listening', { outcome: 'refused' }],
  ])('a kill explains a request %s', (_, over) => {
    const { explained, unexplained } = judgeFailures([sent(over)], [KILL])
    expect([explained.get(0)?.length, unexplained]).toEqual([1, []])
  })

  it.each<[string, Partial<SentRequest>]>([
    ['of a realm that ran elsewhere', { realm: 'right' }],
    ['that was over before', { endMs: 9_999.5 }],
    ['sent when everybody knew', { startMs: 10_501, endMs: 10_502 }],
    ['that waited for something that did not come', { endMs: 10_501 + TOLD_WITHIN_MS }],
  ])('no kill explains a request %s', (_, over) => {
    const request = sent(over)
    expect(judgeFailures([request], [KILL]).unexplained).toEqual([request])
  })

  it('nothing explains a wrong answer', () => {
    const request = sent({ outcome: 'wrong' })
    expect(judgeFailures([request], [KILL])).toMatchObject({ wrong: [request], unexplained: [] })
  })
})

describe('judgeMeter', () => {
  const answered = (startMs: number) => sent({ startMs, endMs: startMs + 5, outcome: 'answered' })
  const calm = Array.from({ length: 10 }, (_, index) => answered(index * 100))
  const meter = (count: number, over: Partial<RealmMeter> = {}): RealmMeter => ({
    ...{ realm: 'left', functions: new Map([['/write', count]]), total: count, account: count },
    ...over,
  })
  const complaints = (count: number, requests: readonly SentRequest[], over?: Partial<RealmMeter>) =>
    judgeMeter([meter(count, over)], requests, [KILL]).complaints

  it('counts what was answered, neither less nor more', () => {
    expect(complaints(10, calm)).toEqual([])
    expect(complaints(9, calm)).toEqual(['left /write: 9 requests counted, at least 10 were answered'])
    expect(complaints(11, calm)).toEqual(['left /write: 11 requests counted, but no more than 10 were made'])
  })

  it('a kill may take along the second before it, and no more', () => {
    const late = [...calm, answered(8_990), answered(9_500), answered(9_900)]
    expect(complaints(11, late)).toEqual([])
    expect(complaints(10, late)).toEqual(['left /write: 10 requests counted, at least 11 were answered'])
  })

  it('what was under way may have been done or not, and done twice where it was asked for again', () => {
    const under = [...calm, sent({}), sent({ outcome: 'answered' })]
    for (const count of [10, 11, 12, 13]) expect(complaints(count, under)).toEqual([])
    expect(complaints(14, under)).toHaveLength(1)
  })

  it('what nobody heard of cannot be counted', () => {
    expect(complaints(11, [...calm, sent({ outcome: 'refused' })])).toHaveLength(1)
  })

  it('functions, realm and account have one sum', () => {
    expect(complaints(10, calm, { total: 11 })).toEqual([expect.stringContaining('the realm to 11')])
    expect(complaints(10, calm, { account: 9 })).toEqual([expect.stringContaining('its account to 9')])
  })
})

it('judgeWrites finds what is lost, there twice, or from nobody', () => {
  const record = {
    realm: 'left',
    writer: 'w0',
    written: [0, 1, 2].map((n) => ({ id: `${n}`, n })),
    unsure: [3],
  }
  expect(judgeWrites(record, [0, 1, 2])).toEqual([])
  expect(judgeWrites(record, [0, 1, 2, 3])).toEqual([])
  expect(judgeWrites(record, [0, 2])).toEqual([expect.stringContaining('are lost: 1')])
  expect(judgeWrites(record, [0, 1, 1, 2])).toEqual([expect.stringContaining('twice: 1')])
  expect(judgeWrites(record, [0, 1, 2, 4])).toEqual([expect.stringContaining('nobody wrote: 4')])
})
