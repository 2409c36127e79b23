import { matching, oneOf, type Shape, text, whole } from './shape.ts'
import { AMOUNT_NAMES } from './usage-amounts.ts'

/** Borders of what a usage row may say; cells and files of readings come from outside. */

export const amountShapes: Record<string, Shape> = Object.fromEntries(
  AMOUNT_NAMES.map((name) => [name, whole()]),
)

/** A name that a program chose. */
export const functionShape = text(1000, 0)

/** Identifiers of the platform: accounts, realms, keys, deployments, cells. */
export const idShape = matching(
  /^[A-Za-z0-9_.:-]{1,128}$/,
  'an identifier of 1 to 128 letters, digits, _ . : -',
)

export const outcomeShape = oneOf('ok', 'error', 'limit', 'cancelled')

export const digestShape = matching(/^[0-9a-f]{64}$/, 'a SHA-256 digest in lower-case hex')
