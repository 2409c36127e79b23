import { hashedShare } from '@openzimki/provider/simulated'
import type { Cloud } from './cloud.ts'
import { INSTANCE_TYPES, type InstanceType } from './instance-types.ts'

const HOUR_MS = 3_600_000

export interface SpotPrice {
  instanceType: string
  zone: string
  price: number
  atMs: number
}

/** What a spot instance costs an hour: a third of the list price, each pool with a level of its own, that moves by the hour. */
export function spotPrice(cloud: Cloud, type: InstanceType, zone: string, atMs: number): number {
  const { seed } = cloud.options
  const level = 0.25 + 0.2 * hashedShare(seed, type.name, zone)
  const sway = 0.9 + 0.2 * hashedShare(seed, type.name, zone, Math.floor(atMs / HOUR_MS))
  return type.hourlyUsd * level * sway
}

/** Newest first. As in AWS the first one of each pool is the price that held when the span began. */
export function spotPriceHistory(
  cloud: Cloud,
  types: string[],
  zones: string[],
  span: { fromMs: number; toMs: number },
): SpotPrice[] {
  const hours: number[] = []
  for (let atMs = Math.floor(span.toMs / HOUR_MS) * HOUR_MS; ; atMs -= HOUR_MS) {
    hours.push(atMs)
    if (atMs <= span.fromMs) break
  }
  const pools = INSTANCE_TYPES.filter(({ name }) => types.length === 0 || types.includes(name)).flatMap(
    (type) => zones.map((zone) => ({ type, zone })),
  )
  return hours.flatMap((atMs) =>
    pools.map(({ type, zone }) => ({
      instanceType: type.name,
      zone,
      price: spotPrice(cloud, type, zone, atMs),
      atMs,
    })),
  )
}
