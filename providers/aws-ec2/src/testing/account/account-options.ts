import { parseArgs } from 'node:util'
import { PlatformError } from '@openzimki/core'

/** What every command that uses an account takes. */
export const ACCOUNT_FLAGS = {
  budget: { type: 'string' },
  region: { type: 'string' },
  minutes: { type: 'string' },
  types: { type: 'string' },
  'price-file': { type: 'string' },
  'bundle-from': { type: 'string' },
} as const

export interface AccountOptions {
  budgetUsd: number
  region: string
  /** After that all is ended, whatever was reached. */
  minutes: number
  /** Instance types, of which any may be had. */
  types: string[]
  priceFile: string | undefined
  /** Where machines reach an S3 that is not AWS's: `http://host:port`. */
  bundleFrom: string | undefined
}

type Values = Partial<Record<keyof typeof ACCOUNT_FLAGS, string | boolean | undefined>>

const TYPES = process.arch === 'arm64' ? 't4g.small,t4g.medium' : 't3.small,t3a.small'
const MINUTES = 60
const MOST_MINUTES = 600

/** INVALID_ARGUMENT: no budget was named, or something is malformed. */
export function accountOptions(values: Values): AccountOptions {
  const { budget, types, minutes } = values
  if (budget === undefined)
    throw invalid('--budget: this launches machines that cost money: say how many USD it may spend at most')
  return {
    budgetUsd: positive('budget', budget, Number.POSITIVE_INFINITY),
    region: accountRegion(values),
    minutes: positive('minutes', minutes ?? MINUTES, MOST_MINUTES),
    types: String(types ?? TYPES).split(','),
    priceFile: text(values['price-file']),
    bundleFrom: text(values['bundle-from']),
  }
}

/** INVALID_ARGUMENT: none is named, neither by option nor as AWS tools find it in the environment. */
export function accountRegion({ region }: Pick<Values, 'region'>): string {
  const found = region ?? process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION
  if (found) return String(found)
  throw invalid('--region: in which? There is none in AWS_REGION either')
}

/** INVALID_ARGUMENT for an option that is not there. */
export function readFlags<T extends Record<string, { type: 'string' | 'boolean' }>>(
  args: readonly string[],
  options: T,
): { values: Values & Partial<Record<keyof T, string | boolean>>; positionals: string[] } {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    return { values: values as never, positionals }
  } catch (cause) {
    const known = Object.keys(options).map((name) => `--${name}`)
    throw invalid(`${(cause as Error).message}; there are ${known.join(', ')}`)
  }
}

function positive(name: string, given: unknown, most: number): number {
  const value = Number(given)
  if (value > 0 && value <= most) return value
  throw invalid(`--${name}: must be a number above 0${Number.isFinite(most) ? `, at most ${most}` : ''}`)
}

const text = (value: string | boolean | undefined) => (value === undefined ? undefined : String(value))
const invalid = (what: string) => new PlatformError('INVALID_ARGUMENT', what)
