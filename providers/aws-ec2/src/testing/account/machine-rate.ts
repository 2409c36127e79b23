import { PlatformError } from '@openzimki/core'
import { readPriceFile } from '../../offerings/price-list.ts'

export interface RateOptions {
  region: string
  /** Any of these may be had; the dearest counts. */
  types: readonly string[]
  volumeGib: number
  /** Price file in place of ours. */
  priceFile?: string | undefined
}

const HOURS_OF_MONTH = 730
/** T types are launched `unlimited`: beyond their credits a processor costs this (USD an hour, Linux; t4g less). */
const SURPLUS_USD = 0.05
const PROCESSORS_OF_T: Record<string, number> = { xlarge: 4, '2xlarge': 8 }

/**
 * What an hour of a machine costs at most, in USD: instance, processors beyond its credits, volume and public address. A spot instance costs
 * no more than one on demand. INVALID_ARGUMENT: the price file lacks a price, so that no budget could be kept.
 */
export async function machineRate({ region, types, volumeGib, priceFile }: RateOptions): Promise<number> {
  const { onDemand, perUse } = await readPriceFile(priceFile)
  const { gp3GibMonth, publicAddressHour } = perUse?.[region] ?? {}
  const hours = types.map(
    (type) => known(onDemand[region]?.[type], `onDemand of ${type}`, region) + surplus(type),
  )
  return (
    Math.max(...hours) +
    (known(gp3GibMonth, 'perUse.gp3GibMonth', region) * volumeGib) / HOURS_OF_MONTH +
    known(publicAddressHour, 'perUse.publicAddressHour', region)
  )
}

function surplus(type: string): number {
  const [family = '', size = ''] = type.split('.')
  return /^t\d/.test(family) ? SURPLUS_USD * (PROCESSORS_OF_T[size] ?? 2) : 0
}

function known(usd: number | undefined, what: string, region: string): number {
  if (usd !== undefined) return usd
  throw new PlatformError(
    'INVALID_ARGUMENT',
    `no budget can be kept: the price file has no ${what} for ${region}; name one with --price-file (docs/how-to/aws.md tells its form), other --types, or another --region`,
  )
}
