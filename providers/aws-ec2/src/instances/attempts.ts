import { createHash } from 'node:crypto'
import type { MachineSpec } from '@openzimki/provider'
import type { Ec2Size } from '../config.ts'
import { type Market, priceOf, typesIn } from '../offerings/offerings.ts'
import type { ZoneSubnet } from '../resources/subnets.ts'
import type { Attempt } from './run-request.ts'

export interface AttemptParts {
  spec: Pick<MachineSpec, 'id' | 'zone'>
  size: Ec2Size
  subnets: readonly ZoneSubnet[]
  market: Market
  /** Of a launch that is repeated: it may have come true. */
  first?: Attempt | undefined
}

/**
 * All ways to have this machine, in the order in which they are tried. On demand: the types as configured, each in every zone, and machines
 * begin in different zones, so that they are spread. Spot: the cheapest first, which is also where there is most room.
 */
export function attemptsFor({ spec, size, subnets, market, first }: AttemptParts): Attempt[] {
  const zones = turned(
    subnets.filter(({ zone }) => spec.zone === null || zone === spec.zone),
    spec.id,
  )
  const all = zones.flatMap((where) => typesIn(size, where.zone, market).map((type) => ({ ...where, type })))
  const cost = ({ type, zone }: Attempt) => priceOf(type, size, zone, market) ?? Number.POSITIVE_INFINITY
  const rank = ({ type }: Attempt) => size.types.indexOf(type)
  const ordered = size.market === 'spot' ? byNumber(all, cost) : byNumber(all, rank)
  const again = ordered.find(({ type, zone }) => type === first?.type && zone === first.zone)
  return again ? [again, ...ordered.filter((one) => one !== again)] : ordered
}

/** Stable, so that zones stay in their turn among equals. */
function byNumber(attempts: readonly Attempt[], of: (attempt: Attempt) => number): Attempt[] {
  return attempts.toSorted((a, b) => (of(a) === of(b) ? 0 : of(a) - of(b)))
}

/** Begins at a place that the id chooses, always the same. */
function turned<T>(items: readonly T[], id: string): T[] {
  if (items.length === 0) return []
  const at = createHash('sha256').update(id).digest().readUInt32BE(0) % items.length
  return [...items.slice(at), ...items.slice(0, at)]
}
