import { list, matching, oneOf, orNull, record, type Shape, text, whole } from './shape.ts'
import type { SignedReading } from './sign-reading.ts'
import { amountShapes, digestShape, functionShape, idShape, outcomeShape } from './usage-shapes.ts'

/** A line longer than this is refused unread. */
const MAX_LINE_CHARS = 64 * 1024 * 1024

const priceShape = record({
  version: text(200),
  microTokensPerGigaJsop: whole(),
  microTokensPerGbIn: whole(),
  microTokensPerGbOut: whole(),
  microTokensPerGbEgress: whole(),
  microTokensPerGbHour: whole(),
})

const readingShape = record({
  format: oneOf(1),
  provider: text(200),
  account: idShape,
  realm: idShape,
  periodStartMs: whole(),
  periodEndMs: whole(),
  price: priceShape,
  rows: list(
    record({
      function: functionShape,
      key: idShape,
      outcome: outcomeShape,
      ...amountShapes,
      microTokens: whole(),
    }),
    1_000_000,
  ),
  storage: record({ byteHours: whole(), microTokens: whole() }),
  totals: record({ ...amountShapes, microTokens: whole() }),
  previous: orNull(digestShape),
  sequence: whole(1),
})

const signedShape: Shape = record({
  reading: readingShape,
  hash: digestShape,
  keyId: digestShape,
  signature: matching(/^[\w-]{86}$/, 'an Ed25519 signature in base64url'),
})

/** One line of a readings file; a text says why it is none. Signature, sums and chain are for the caller. */
export function parseSignedReading(line: string): SignedReading | string {
  if (line.length > MAX_LINE_CHARS) return `it is longer than ${MAX_LINE_CHARS} characters`
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return 'it is not JSON'
  }
  return signedShape(value, '') ?? (value as SignedReading)
}
