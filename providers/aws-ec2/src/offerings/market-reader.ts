import type { EC2Client } from '@aws-sdk/client-ec2'
import { cached } from '../cached.ts'
import type { CheckedEc2Config } from '../config.ts'
import { readSubnets, type ZoneSubnet } from '../resources/subnets.ts'
import { readInstanceTypes } from './instance-types.ts'
import type { Market } from './offerings.ts'
import { readPrices } from './price-list.ts'
import { readSpotPrices } from './spot-prices.ts'

const HOURS_6 = 6 * 3_600_000
const MINUTES_10 = 600_000
/** AWS changes spot prices a few times a day. */
const MINUTES_5 = 300_000

export interface MarketReaderOptions {
  ec2: EC2Client
  config: CheckedEc2Config
  nowMs(): number
}

/** What can be had, where, and for how much; each part is read as often as it changes. */
export class MarketReader {
  /** Where machines go. */
  readonly subnets: () => Promise<ZoneSubnet[]>
  readonly #types: () => Promise<Market['types']>
  readonly #prices: () => Promise<Market['prices']>
  readonly #spot: () => Promise<Market['spot']>

  constructor({ ec2, config, nowMs }: MarketReaderOptions) {
    const sizes = Object.values(config.sizes)
    const typesOf = (wanted: typeof sizes) => [...new Set(wanted.flatMap(({ types }) => types))]
    const spotTypes = typesOf(sizes.filter(({ market }) => market === 'spot'))
    this.subnets = cached(MINUTES_10, nowMs, () => readSubnets(ec2, config))
    this.#types = cached(HOURS_6, nowMs, () => readInstanceTypes(ec2, typesOf(sizes)))
    this.#prices = cached(HOURS_6, nowMs, () => readPrices(config.priceFile, config.region))
    this.#spot = cached(MINUTES_5, nowMs, () => readSpotPrices(ec2, spotTypes, nowMs()))
  }

  async read(): Promise<Market> {
    const [subnets, types, prices, spot] = await Promise.all([
      ...([this.subnets(), this.#types(), this.#prices(), this.#spot()] as const),
    ])
    return { types, prices, spot, zones: subnets.map(({ zone }) => zone) }
  }
}
