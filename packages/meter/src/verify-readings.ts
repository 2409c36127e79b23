import { type KeyObject, verify } from 'node:crypto'
import { canonicalJson, PlatformError } from '@openzimki/core'
import { parseSignedReading } from './parse-signed-reading.ts'
import { tokensFor } from './price-list.ts'
import { type ChainHead, type Reading, readingHash, readingTotals } from './reading.ts'
import { type SignedReading, signedBytes } from './sign-reading.ts'
import { keyId, parsePublicKey } from './signing-key.ts'

export interface VerifyOptions {
  /** A realm's chain may start in the middle: the file is an excerpt. Default false: it must start at 1. */
  excerpt?: boolean
  /** Called with each reading that holds, for example to add it up. */
  onReading?: (reading: Reading) => void
}

export interface Verification {
  ok: boolean
  /** Readings that hold, up to the first bad line. */
  count: number
  /** The first line (from 1) that does not hold, and why, for a person. */
  firstBad?: { line: number; why: string }
  /**
   * Where each realm's chain ended, by realm. A file cannot show that its own end was cut off: compare these with what the
   * provider says is the latest.
   */
  heads: Map<string, ChainHead>
}

/**
 * Checks a file of readings line by line, in bounded memory, against a provider's public key: every signature, every
 * sum, every charge, and every realm's chain without a gap. Readings of several realms may stand in one file in any
 * mixture. Empty lines are skipped. INVALID_ARGUMENT when the key itself is not one; a bad file is an answer, not an error.
 */
export async function verifyReadings(
  lines: AsyncIterable<string> | Iterable<string>,
  publicKeyPem: string,
  options: VerifyOptions = {},
): Promise<Verification> {
  const publicKey = parsePublicKey(publicKeyPem)
  const check = { publicKey, keyId: keyId(publicKey) }
  const chains = new Map<string, ChainEnd>()
  let line = 0
  let count = 0
  let why: string | null = null
  for await (const text of lines) {
    line += 1
    if (text.trim() === '') continue
    const signed = parseSignedReading(text)
    why = typeof signed === 'string' ? signed : whyBad(signed, text, check, chains, options)
    if (why !== null || typeof signed === 'string') break
    count += 1
    options.onReading?.(signed.reading)
  }
  const heads = new Map(Array.from(chains, ([realm, { sequence, hash }]) => [realm, { sequence, hash }]))
  return why === null ? { ok: true, count, heads } : { ok: false, count, firstBad: { line, why }, heads }
}

interface ChainEnd extends ChainHead {
  periodEndMs: number
}

function whyBad(
  signed: SignedReading,
  text: string,
  check: { publicKey: KeyObject; keyId: string },
  chains: Map<string, ChainEnd>,
  options: VerifyOptions,
): string | null {
  const { reading, hash } = signed
  const why = whyForged(signed, text, check) ?? whySumsDiffer(reading)
  if (why !== null) return why
  const end = chains.get(reading.realm)
  const broken = end ? whyNotNext(reading, end) : whyNotFirst(reading, options.excerpt ?? false)
  if (broken === null) {
    chains.set(reading.realm, { sequence: reading.sequence, hash, periodEndMs: reading.periodEndMs })
  }
  return broken
}

function whyForged(
  signed: SignedReading,
  text: string,
  check: { publicKey: KeyObject; keyId: string },
): string | null {
  if (signed.keyId !== check.keyId) {
    return `it was signed with another key (${signed.keyId}), not with the one given (${check.keyId})`
  }
  if (signed.hash !== readingHash(signed.reading))
    return 'it was changed after it was signed: its hash differs'
  if (!verify(null, signedBytes(signed.hash), check.publicKey, Buffer.from(signed.signature, 'base64url'))) {
    return 'its signature is not the one of this key'
  }
  // Without this, white space or a repeated property could show a reader something else than what was signed.
  if (canonicalJson(signed) !== text.trimEnd()) return 'it is not written in canonical form'
  return null
}

function whySumsDiffer(reading: Reading): string | null {
  try {
    return whyCharged(reading)
  } catch (error) {
    // Amounts times prices beyond what can be counted: the file is bad, not the check.
    return PlatformError.from(error).message
  }
}

function whyCharged(reading: Reading): string | null {
  const wrong = reading.rows.find((row) => row.microTokens !== tokensFor(row, reading.price))
  if (wrong)
    return `function ${JSON.stringify(wrong.function)} is not charged by the reading's own price list`
  const storageTokens = tokensFor({ storedByteHours: reading.storage.byteHours }, reading.price)
  if (reading.storage.microTokens !== storageTokens)
    return "storage is not charged by the reading's own price list"
  const totals = readingTotals(reading.rows, reading.storage)
  return canonicalJson(totals) === canonicalJson(reading.totals)
    ? null
    : 'its totals are not the sum of its rows'
}

function whyNotFirst(reading: Reading, excerpt: boolean): string | null {
  if (reading.sequence === 1 ? reading.previous === null : excerpt && reading.previous !== null) return null
  return `realm ${reading.realm} starts with reading ${reading.sequence}: earlier readings are missing`
}

function whyNotNext(reading: Reading, end: ChainEnd): string | null {
  const expected = end.sequence + 1
  if (reading.sequence < expected)
    return `reading ${reading.sequence} of realm ${reading.realm} is there twice or out of order`
  if (reading.sequence > expected)
    return `reading ${expected} of realm ${reading.realm} is missing or out of order`
  if (reading.previous !== end.hash)
    return `it does not follow the reading before it of realm ${reading.realm}: the chain is broken`
  return reading.periodStartMs < end.periodEndMs ? 'its period overlaps the one before it' : null
}
