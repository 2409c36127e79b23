import { PlatformError, type UsageAmounts } from '@openzimki/core'

/**
 * What metered units cost, in millionths of a token and whole numbers only. A price list never changes: a new price is
 * a new version, and each reading carries the list it was charged by.
 */
export interface PriceList {
  /** Names the list for ever, for example `2026-11`. */
  version: string
  /** For 1,000,000,000 JSOPs. */
  microTokensPerGigaJsop: number
  /** For 1,000,000,000 bytes of requests. */
  microTokensPerGbIn: number
  /** For 1,000,000,000 bytes of responses. */
  microTokensPerGbOut: number
  /** For 1,000,000,000 bytes of outbound calls, both ways. */
  microTokensPerGbEgress: number
  /** For 1,000,000,000 bytes stored for an hour. */
  microTokensPerGbHour: number
}

/** A start for an operator, in the spirit of 100,000 tokens for a pound: an hour of CPU of a plain machine is about 4,000 tokens. */
export const DEFAULT_PRICES: PriceList = {
  version: 'default-1',
  microTokensPerGigaJsop: 120_000_000,
  microTokensPerGbIn: 1_000_000_000,
  microTokensPerGbOut: 5_000_000_000,
  microTokensPerGbEgress: 5_000_000_000,
  microTokensPerGbHour: 3_000_000,
}

const GIGA = 1_000_000_000n

/** Names of the prices, and of what each is multiplied with. */
const CHARGES = [
  ['jsops', 'microTokensPerGigaJsop'],
  ['bytesIn', 'microTokensPerGbIn'],
  ['bytesOut', 'microTokensPerGbOut'],
  ['egressBytes', 'microTokensPerGbEgress'],
  ['storedByteHours', 'microTokensPerGbHour'],
] as const

export type ChargedAmounts = Partial<Pick<UsageAmounts, 'jsops' | 'bytesIn' | 'bytesOut' | 'egressBytes'>> & {
  /** Bytes times hours that they were kept. */
  storedByteHours?: number
}

/**
 * Micro-tokens for these amounts: computed exactly, then rounded down once, in the customer's favour. Charge rows, then
 * add the charges up: a sum of rows costs the sum of what the rows cost. INVALID_ARGUMENT for amounts or prices that are
 * negative or not whole, TOO_LARGE beyond what a number holds exactly.
 */
export function tokensFor(amounts: ChargedAmounts, price: PriceList): number {
  let nano = 0n
  for (const [amount, unitPrice] of CHARGES) {
    const units = amounts[amount] ?? 0
    if (units !== 0) nano += whole(units, amount) * whole(price[unitPrice], unitPrice)
  }
  const microTokens = nano / GIGA
  if (microTokens > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new PlatformError(
      'TOO_LARGE',
      `A charge of ${microTokens} micro-tokens is too large to be counted exactly.`,
    )
  }
  return Number(microTokens)
}

/** Throws INVALID_ARGUMENT unless every price is a whole number from 0. */
export function checkPriceList(price: PriceList): void {
  if (typeof price.version !== 'string' || price.version === '') {
    throw new PlatformError('INVALID_ARGUMENT', 'A price list needs a version that names it.')
  }
  for (const [, unitPrice] of CHARGES) whole(price[unitPrice], unitPrice)
}

function whole(value: number, name: string): bigint {
  if (Number.isSafeInteger(value) && value >= 0) return BigInt(value)
  throw new PlatformError('INVALID_ARGUMENT', `${name} is ${value}; it must be a whole number from 0.`, {
    details: { name },
  })
}
