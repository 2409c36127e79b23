import type { Offering } from '@openzimki/provider'
import type { Ec2Size } from '../config.ts'
import type { TypeFacts } from './instance-types.ts'
import type { PriceList } from './price-list.ts'
import { type SpotPrices, spotKey } from './spot-prices.ts'

export interface Market {
  types: ReadonlyMap<string, TypeFacts>
  prices: PriceList
  spot: SpotPrices
  /** That have a subnet, in order. */
  zones: readonly string[]
}

/** Each size in each zone that has one of its types. What a machine has is what the least of them has; its price is the first one's. */
export function offeringsOf(
  sizes: Readonly<Record<string, Ec2Size>>,
  market: Market,
  capacity: number,
): Offering[] {
  return Object.entries(sizes).flatMap(([name, size]) =>
    market.zones.flatMap((zone): Offering[] => {
      const types = typesIn(size, zone, market)
      const facts = types.flatMap((type) => market.types.get(type) ?? [])
      if (types.length === 0) return []
      const cpus = Math.min(...facts.map((one) => one.cpus))
      const memoryBytes = Math.min(...facts.map((one) => one.memoryBytes))
      const amount = priceOf(types[0] ?? '', size, zone, market)
      const price = amount === undefined ? null : { amount, currency: 'USD' }
      const spot = size.market === 'spot' ? { prepares: false } : {}
      return [{ size: name, zone, cpus, memoryBytes, price, capacity, ...spot }]
    }),
  )
}

/** In the order in which they are tried: as configured, and on the spot market the cheapest first. */
export function typesIn(size: Ec2Size, zone: string, market: Market): string[] {
  const here = size.types.filter((type) => market.types.get(type)?.zones.has(zone))
  if (size.market !== 'spot') return here
  const cost = (type: string) => market.spot.get(spotKey(type, zone)) ?? Number.POSITIVE_INFINITY
  const limit = size.maxPrice ?? Number.POSITIVE_INFINITY
  // No price known may mean no history: such a type is tried last, and not left out.
  return here
    .filter((type) => cost(type) === Number.POSITIVE_INFINITY || cost(type) <= limit)
    .toSorted((a, b) => (cost(a) === cost(b) ? 0 : cost(a) - cost(b)))
}

/** Undefined: not known. */
export function priceOf(type: string, size: Ec2Size, zone: string, market: Market): number | undefined {
  if (size.market === 'spot') return market.spot.get(spotKey(type, zone))
  return market.prices.get(type)
}
