import { createHash } from 'node:crypto'
import { canonicalJson, type Outcome, type UsageAmounts, type UsageLabels } from '@openzimki/core'
import { groupUsage, totalUsage } from './group-usage.ts'
import { checkPriceList, type PriceList, tokensFor } from './price-list.ts'
import { wholeAmounts } from './usage-amounts.ts'

/** Usage of one function through one key with one outcome, and what it costs. */
export interface ReadingRow extends UsageAmounts {
  function: string
  key: string
  outcome: Outcome
  microTokens: number
}

/** What a realm kept on disk in the period, and what it costs. */
export interface StorageRow {
  byteHours: number
  microTokens: number
}

/**
 * What one realm used in one period, with the price it is charged by. Readings of a realm form a chain: each names the
 * hash of the one before, so none can be changed, dropped, added or moved unseen.
 */
export interface Reading {
  format: 1
  /** The Zimki provider that measured, by its own name. */
  provider: string
  account: string
  realm: string
  /** Milliseconds since 1970; the end is exclusive. */
  periodStartMs: number
  periodEndMs: number
  price: PriceList
  rows: ReadingRow[]
  storage: StorageRow
  totals: UsageAmounts & { microTokens: number }
  /** Hash of the realm's previous reading; null for the first. */
  previous: string | null
  /** 1, 2, 3 ... in the realm's chain. */
  sequence: number
}

/** The end of a chain: what the next reading hangs on. */
export interface ChainHead {
  sequence: number
  hash: string
}

export interface ReadingInput
  extends Pick<Reading, 'provider' | 'account' | 'realm' | 'periodStartMs' | 'periodEndMs' | 'price'> {
  records: Iterable<Pick<UsageLabels, 'function' | 'key' | 'outcome'> & UsageAmounts>
  /** Bytes times hours kept in the period; rounded down. Default 0. */
  storedByteHours?: number
  /** Null: the first of its chain. */
  previous: ChainHead | null
}

/**
 * Adds records up into a reading, priced and hung on its chain. The same input gives the same reading, whatever the order
 * of the records. INVALID_ARGUMENT for amounts or prices that cannot be charged.
 */
export function makeReading(input: ReadingInput): Reading {
  checkPriceList(input.price)
  const byteHours = Math.floor(input.storedByteHours ?? 0)
  const rows = groupUsage(input.records, ['function', 'key', 'outcome'])
    .map((row) => ({ ...row, ...wholeAmounts(row) }))
    .map((row): ReadingRow => ({ ...row, microTokens: tokensFor(row, input.price) }))
    .sort(byLabels)
  const storage = { byteHours, microTokens: tokensFor({ storedByteHours: byteHours }, input.price) }
  return {
    format: 1,
    provider: input.provider,
    account: input.account,
    realm: input.realm,
    periodStartMs: input.periodStartMs,
    periodEndMs: input.periodEndMs,
    price: input.price,
    rows,
    storage,
    totals: readingTotals(rows, storage),
    previous: input.previous?.hash ?? null,
    sequence: (input.previous?.sequence ?? 0) + 1,
  }
}

/** What the totals of a reading with these rows must be. */
export function readingTotals(rows: readonly ReadingRow[], storage: StorageRow): Reading['totals'] {
  const microTokens = rows.reduce((sum, row) => sum + row.microTokens, storage.microTokens)
  return { ...totalUsage(rows), microTokens }
}

/** SHA-256 of the reading's canonical JSON, lower-case hex. */
export function readingHash(reading: Reading): string {
  return createHash('sha256').update(canonicalJson(reading)).digest('hex')
}

function byLabels(a: ReadingRow, b: ReadingRow): number {
  return compare(a.function, b.function) || compare(a.key, b.key) || compare(a.outcome, b.outcome)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
