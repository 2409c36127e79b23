import { hashedShare } from './seeded-random.ts'
import type { SimulatedSize } from './simulated-options.ts'

export const HOUR_MS = 3_600_000
/** Hours whose price is above that on demand: about one in nine days. */
const SPIKE_SHARE = 0.005
const SPIKE_RATIO = 1.5
const LOWEST_RATIO = 0.25
/** Between the lowest and the highest price of an hour without a spike. */
const RATIO_RANGE = 0.4

/** Prices by the hour, each worked out from the seed alone. */
export class SpotMarket {
  readonly #seed: number
  /** Of each size and zone: hours with a spike, and up to where they were looked for. */
  readonly #spikes = new Map<string, { hours: number[]; fromHour: number; toHour: number }>()

  constructor(seed: number) {
    this.#seed = seed
  }

  /** Of an hour, at this time. */
  priceAt({ size, hourPrice, isSpot }: SimulatedSize, zone: string, atMs: number): number {
    if (!isSpot) return hourPrice
    const hour = Math.floor(atMs / HOUR_MS)
    if (this.#isSpike(size, zone, hour)) return round(hourPrice * SPIKE_RATIO)
    const day = hashedShare(this.#seed, size, zone, 'day', Math.floor(hour / 24))
    const now = hashedShare(this.#seed, size, zone, 'hour', hour)
    return round(hourPrice * (LOWEST_RATIO + (RATIO_RANGE * (2 * day + now)) / 3))
  }

  /** When a machine that was made at `sinceMs` is taken back, if that is by `untilMs`; else null. */
  reclaimedAtMs(
    { size, isSpot }: SimulatedSize,
    zone: string,
    sinceMs: number,
    untilMs: number,
  ): number | null {
    if (!isSpot) return null
    const since = Math.floor(sinceMs / HOUR_MS) + 1
    const until = Math.floor(untilMs / HOUR_MS)
    const hour = this.#spikesUntil(size, zone, since, until).find((one) => one >= since && one <= until)
    return hour === undefined ? null : hour * HOUR_MS
  }

  #spikesUntil(size: string, zone: string, fromHour: number, toHour: number): number[] {
    const key = `${size} ${zone}`
    const known = this.#spikes.get(key)
    if (known && known.fromHour <= fromHour) {
      for (let hour = known.toHour + 1; hour <= toHour; hour += 1) {
        if (this.#isSpike(size, zone, hour)) known.hours.push(hour)
      }
      known.toHour = Math.max(known.toHour, toHour)
      return known.hours
    }
    const fresh = { hours: [], fromHour, toHour: fromHour - 1 }
    this.#spikes.set(key, fresh)
    return this.#spikesUntil(size, zone, fromHour, toHour)
  }

  #isSpike(size: string, zone: string, hour: number): boolean {
    return hashedShare(this.#seed, size, zone, 'spike', hour) < SPIKE_SHARE
  }
}

/** Providers quote in hundredths of a cent. */
const round = (price: number) => Math.round(price * 10_000) / 10_000
