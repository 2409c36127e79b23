import { beforeAll, describe, expect, it } from '@jest/globals'
import type { Outcome, UsageAmounts, UsageRecord } from '@openzimki/core'
import { groupUsage, totalUsage } from './group-usage.ts'
import { DEFAULT_PRICES, tokensFor } from './price-list.ts'
import { type ChainHead, makeReading } from './reading.ts'
import { readingLine, type SignedReading, signReading } from './sign-reading.ts'
import { generateSigningKey, publicKeyOf, type SigningKey } from './signing-key.ts'
import { UsageAggregator } from './usage-aggregator.ts'
import { AMOUNT_NAMES } from './usage-amounts.ts'
import { verifyReadings } from './verify-readings.ts'

const HOUR_MS = 3_600_000

/** A small reproducible generator (Lehmer); returns whole numbers below `limit`. */
function seeded(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (state * 48_271) % 2_147_483_647
    return state % limit
  }
}

function randomRecords(below: (limit: number) => number, count: number): UsageRecord[] {
  const outcomes: Outcome[] = ['ok', 'error', 'limit', 'cancelled']
  return Array.from({ length: count }, () => ({
    account: `a${below(2)}`,
    realm: `r${below(5)}`,
    key: `k${below(3)}`,
    deployment: `d${below(2)}`,
    function: `/f${below(40)}`,
    outcome: outcomes[below(4)] ?? 'ok',
    ...(Object.fromEntries(
      AMOUNT_NAMES.map((name) => [name, below(50_000_000) / 7]),
    ) as unknown as UsageAmounts),
  }))
}

describe('sums agree', () => {
  it.each([11, 12, 13])('functions = realms = accounts = readings, whole and exact (seed %d)', (seed) => {
    const below = seeded(seed)
    const meter = new UsageAggregator({ source: 's', startMs: 0, functionsPerRealm: 20 })
    const rows: UsageRecord[] = []
    for (const [index, record] of randomRecords(below, 3_000).entries()) {
      meter.add(record)
      if (index % 97 === 0) rows.push(...(meter.close(index)?.rows ?? []))
      for (const { sequence } of [...meter.pending()]) meter.ack(sequence)
    }
    rows.push(...(meter.close(4_000)?.rows ?? []))
    const total = totalUsage(rows)
    for (const label of ['function', 'realm', 'account', 'key'] as const) {
      expect(totalUsage(groupUsage(rows, [label]))).toEqual(total)
    }
    const readings = ['r0', 'r1', 'r2', 'r3', 'r4'].map((realm) =>
      makeReading({ ...period, realm, records: rows.filter((row) => row.realm === realm) }),
    )
    expect(totalUsage(readings.map((reading) => reading.totals))).toEqual(total)
    const charged = readings.flatMap((reading) => reading.rows).reduce((sum, row) => sum + row.microTokens, 0)
    expect(readings.reduce((sum, reading) => sum + reading.totals.microTokens, 0)).toBe(charged)
    expect(Object.values(total).every(Number.isSafeInteger)).toBe(true)
  })
})

const period = {
  provider: 'zimki.example',
  account: 'acme',
  realm: 'wiki',
  periodStartMs: 0,
  periodEndMs: HOUR_MS,
  price: DEFAULT_PRICES,
  previous: null,
}

it('a reading does not depend on the order of its records', () => {
  const records = randomRecords(seeded(5), 50).map((record) => ({ ...record, jsops: 3, wallMs: 1, cpuNs: 1 }))
  const whole = records.map((record) => ({ ...record, ...roundAll(record) }))
  expect(makeReading({ ...period, records: [...whole].reverse() })).toEqual(
    makeReading({ ...period, records: whole }),
  )
})

function roundAll(amounts: UsageAmounts): UsageAmounts {
  return Object.fromEntries(
    AMOUNT_NAMES.map((name) => [name, Math.round(amounts[name])]),
  ) as unknown as UsageAmounts
}

describe('tokensFor', () => {
  const price = { ...DEFAULT_PRICES, microTokensPerGigaJsop: 120_000_000, microTokensPerGbHour: 7 }

  it('is exact where floating point is not, and rounds down once', () => {
    expect(tokensFor({ jsops: 1_000_000_000 }, price)).toBe(120_000_000)
    expect(tokensFor({ jsops: 9 }, price)).toBe(1)
    expect(tokensFor({ jsops: 8 }, price)).toBe(0)
    expect(tokensFor({ jsops: 4, storedByteHours: 80_000_000 }, price)).toBe(1)
    expect(tokensFor({ jsops: 9_007_199_254_740_991 }, price)).toBe(1_080_863_910_568_918)
  })

  it('refuses what cannot be charged', () => {
    expect(() => tokensFor({ bytesIn: -1 }, price)).toThrow('bytesIn')
    expect(() => tokensFor({ bytesIn: 1 }, { ...price, microTokensPerGbIn: 0.5 })).toThrow(
      'microTokensPerGbIn',
    )
    expect(() => tokensFor({ bytesOut: 9e15 }, { ...price, microTokensPerGbOut: 9e15 })).toThrow('too large')
  })
})

describe('verifyReadings', () => {
  let key: SigningKey
  let other: SigningKey
  let lines: string[]
  let signed: SignedReading[]

  beforeAll(() => {
    key = generateSigningKey()
    other = generateSigningKey()
    signed = chain(key, 'wiki', 4)
    lines = signed.map(readingLine)
  })

  function chain(by: SigningKey, realm: string, count: number): SignedReading[] {
    const readings: SignedReading[] = []
    let previous: ChainHead | null = null
    for (let hour = 0; hour < count; hour++) {
      const records = randomRecords(seeded(hour + 1), 20)
      const span = { periodStartMs: hour * HOUR_MS, periodEndMs: (hour + 1) * HOUR_MS }
      const reading = makeReading({
        ...period,
        ...span,
        realm,
        records,
        storedByteHours: 1e9 * hour,
        previous,
      })
      const next = signReading(reading, by.privateKeyPem)
      previous = { sequence: reading.sequence, hash: next.hash }
      readings.push(next)
    }
    return readings
  }

  const check = (over: string[], options = {}) => verifyReadings(over, key.publicKeyPem, options)

  it('takes a whole chain, from a stream too, with empty lines between', async () => {
    const seen: number[] = []
    const result = await check([...lines, ''], {
      onReading: (reading: { sequence: number }) => seen.push(reading.sequence),
    })
    expect(result).toMatchObject({ ok: true, count: 4 })
    expect(result.heads.get('wiki')).toEqual({ sequence: 4, hash: signed[3]?.hash })
    expect(seen).toEqual([1, 2, 3, 4])
    async function* stream() {
      yield* lines
    }
    expect(await verifyReadings(stream(), key.publicKeyPem)).toMatchObject({ ok: true, count: 4 })
  })

  it('takes chains of several realms in any mixture', async () => {
    const second = chain(key, 'shop', 3).map(readingLine)
    const mixed = [lines[0], second[0], second[1], lines[1], second[2], lines[2], lines[3]].map(String)
    expect(await check(mixed)).toMatchObject({ ok: true, count: 7 })
  })

  it('takes an excerpt only when asked to', async () => {
    expect(await check(lines.slice(2))).toMatchObject({
      ok: false,
      firstBad: { line: 1, why: expect.stringMatching(/missing/) },
    })
    expect(await check(lines.slice(2), { excerpt: true })).toMatchObject({ ok: true, count: 2 })
  })

  const at = (index: number) => lines[index] ?? ''
  it.each<[string, () => string[], number, RegExp]>([
    [
      'an edited amount',
      () => [at(0), at(1).replace(/"cpuNs":\d/, '"cpuNs":9')],
      2,
      /changed after it was signed/,
    ],
    ['a dropped line', () => [at(0), at(2), at(3)], 2, /reading 2 .* missing/],
    ['swapped lines', () => [at(0), at(2), at(1), at(3)], 2, /missing or out of order/],
    ['a repeated line', () => [at(0), at(1), at(1)], 3, /twice/],
    [
      'an edited hash',
      () => [at(0).replace(/"hash":"./, '"hash":"0')].map(differentFrom(at(0))),
      1,
      /hash differs/,
    ],
    [
      'an edited signature',
      () => [at(0).replace(/("signature":")(.)/, (_, a, b) => a + (b === 'A' ? 'B' : 'A'))],
      1,
      /signature/,
    ],
    ['white space', () => [at(0).replace('{', '{ ')], 1, /canonical/],
    ['a repeated property', () => [at(0).replace('{', '{"hash":"x",')], 1, /canonical/],
    ['no JSON', () => ['hello'], 1, /not JSON/],
    ['a bare null', () => ['null'], 1, /object/],
    ['depth', () => [`${'['.repeat(100_000)}${']'.repeat(100_000)}`], 1, /object/],
    ['a cut line', () => [at(0).slice(0, -5)], 1, /not JSON/],
  ])('finds %s', async (_, tampered, line, why) => {
    const result = await check(tampered())
    expect(result).toMatchObject({ ok: false, count: line - 1, firstBad: { line } })
    expect(result.firstBad?.why).toMatch(why)
  })

  const differentFrom = (original: string) => (text: string) =>
    text === original ? text.replace(/"hash":"./, '"hash":"1') : text

  it('finds readings of another key, even under the right name', async () => {
    const foreign = chain(other, 'wiki', 1)
    expect(await check(foreign.map(readingLine))).toMatchObject({
      firstBad: { line: 1, why: expect.stringMatching(/another key/) },
    })
    const renamed = foreign.map((reading) => readingLine({ ...reading, keyId: signed[0]?.keyId ?? '' }))
    expect(await check(renamed)).toMatchObject({
      firstBad: { line: 1, why: expect.stringMatching(/signature/) },
    })
  })

  it.each<[string, (reading: SignedReading['reading']) => void, RegExp]>([
    ['totals that do not add up', (reading) => (reading.totals.cpuNs += 1), /sum of its rows/],
    ['a charge that the price does not give', (reading) => (reading.rows[0]!.microTokens += 1), /price list/],
    ['a storage charge', (reading) => (reading.storage.microTokens += 1), /storage/],
    [
      'a charge beyond what can be counted',
      (reading) => {
        reading.rows[0]!.bytesIn = Number.MAX_SAFE_INTEGER
        reading.price.microTokensPerGbIn = Number.MAX_SAFE_INTEGER
      },
      /too large/,
    ],
    [
      'a chain that hangs on something else',
      (reading) => (reading.previous = 'f'.repeat(64)),
      /starts with|chain/,
    ],
  ])('finds %s, although properly signed', async (_, spoil, why) => {
    const reading = structuredClone(signed[0]!.reading)
    spoil(reading)
    const result = await check([readingLine(signReading(reading, key.privateKeyPem))])
    expect(result.ok).toBe(false)
    expect(result.firstBad?.why).toMatch(why)
  })

  it('finds a fork and an overlap', async () => {
    const fork = makeReading({ ...period, records: [], previous: { sequence: 1, hash: 'f'.repeat(64) } })
    expect(await check([at(0), readingLine(signReading(fork, key.privateKeyPem))])).toMatchObject({
      firstBad: { line: 2, why: expect.stringMatching(/chain is broken/) },
    })
    const overlap = makeReading({ ...period, records: [], previous: { sequence: 1, hash: signed[0]!.hash } })
    expect(await check([at(0), readingLine(signReading(overlap, key.privateKeyPem))])).toMatchObject({
      firstBad: { line: 2, why: expect.stringMatching(/overlaps/) },
    })
  })

  it('says plainly that a key is none', async () => {
    await expect(verifyReadings([], 'not a key')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(publicKeyOf(key.privateKeyPem)).toBe(key.publicKeyPem)
  })
})
