import { Ec2Error } from '../protocol/ec2-error.ts'
import type { Cloud } from './cloud.ts'
import { end } from './instance-life.ts'
import { type LaunchData, mergedLaunch } from './launch-data.ts'
import { launchInstance } from './launch-instance.ts'
import { type LaunchPlan, planLaunch, typeNamed } from './launch-plan.ts'
import type { FleetError, FleetLaunch, FleetPool } from './model.ts'
import { spotPrice } from './spot-prices.ts'

export interface FleetWish {
  fleetId: string
  lifecycle: 'spot' | 'on-demand'
  capacity: number
  least: number
  strategy: string
  interruption: string | undefined
  pools: { pool: FleetPool; data: LaunchData }[]
  tags: LaunchData['TagSpecification']
}

/** What CreateFleet says when spot has none; RunInstances has another word for it. */
const FLEET_WORDS: Record<string, string> = { spot: 'UnfulfillableCapacity' }

/**
 * Launches for one lifecycle from the pools in the order of the strategy, going on with the next where there is no capacity.
 * Below the least nothing stays. Refusals are kept by pool: an instant fleet tells them in its answer.
 */
export function fulfil(cloud: Cloud, wish: FleetWish): { launched: FleetLaunch[]; errors: FleetError[] } {
  const errors: FleetError[] = []
  const launches = new Map<FleetPool, FleetLaunch>()
  const { lifecycle } = wish
  let left = wish.capacity
  for (const { pool, plan, price } of ordered(cloud, wish, errors)) {
    const weight = pool.override.weight ?? 1
    while (left > 0) {
      try {
        checkPrice(pool, plan, price)
        const id = launchOne(cloud, wish, plan)
        left -= weight
        const launch = launches.get(pool) ?? {
          pool,
          lifecycle,
          instanceIds: [],
          instanceType: plan.type.name,
        }
        launch.instanceIds.push(id)
        launches.set(pool, launch)
      } catch (thrown) {
        errors.push(errorOf(wish, pool, thrown))
        break
      }
    }
  }
  const launched = [...launches.values()]
  if (wish.capacity - left >= wish.least) return { launched, errors }
  takeBack(cloud, launched)
  return { launched: [], errors }
}

interface Priced {
  pool: FleetPool
  plan: LaunchPlan
  price: number
}

function ordered(cloud: Cloud, wish: FleetWish, errors: FleetError[]): Priced[] {
  const priced = wish.pools.flatMap(({ pool, data }): Priced[] => {
    try {
      const plan = planLaunch(cloud, marketed(data, wish))
      const { type, subnet } = plan
      const list = typeNamed(type.name).hourlyUsd
      const price = wish.lifecycle === 'spot' ? spotPrice(cloud, type, subnet.zone, cloud.nowMs()) : list
      return [{ pool, plan, price: price / (pool.override.weight ?? 1) }]
    } catch (thrown) {
      errors.push(errorOf(wish, pool, thrown))
      return []
    }
  })
  if (wish.strategy.includes('prioritized')) {
    const rank = ({ pool }: Priced) => pool.override.priority ?? Number.POSITIVE_INFINITY
    return priced.sort((a, b) => (rank(a) === rank(b) ? 0 : rank(a) - rank(b)))
  }
  return priced.sort((a, b) => a.price - b.price)
}

function marketed(data: LaunchData, { lifecycle, interruption, tags }: FleetWish): LaunchData {
  const behavior = (interruption ?? 'terminate') as 'terminate'
  const spot = { MarketType: 'spot' as const, SpotOptions: { InstanceInterruptionBehavior: behavior } }
  const merged = mergedLaunch(data, { TagSpecification: tags })
  return { ...merged, InstanceMarketOptions: lifecycle === 'spot' ? spot : undefined }
}

function checkPrice({ override }: FleetPool, plan: LaunchPlan, price: number): void {
  if (plan.market !== 'spot' || override.maxPrice === undefined || price <= Number(override.maxPrice)) return
  const why = `Your Spot request price of ${override.maxPrice} is lower than the minimum required Spot request fulfillment price of ${price.toFixed(6)}.`
  throw new Ec2Error('SpotMaxPriceTooLow', why)
}

function launchOne(cloud: Cloud, wish: FleetWish, plan: LaunchPlan): string {
  const tagged = new Map([['aws:ec2:fleet-id', wish.fleetId]])
  const instance = launchInstance(cloud, {
    plan,
    reservationId: `r-${cloud.newId()}`,
    launchIndex: 0,
    clientToken: undefined,
  })
  instance.tags = new Map([...instance.tags, ...tagged])
  return instance.id
}

function errorOf({ lifecycle }: FleetWish, pool: FleetPool, thrown: unknown): FleetError {
  if (!(thrown instanceof Ec2Error)) throw thrown
  const full = thrown.code === 'InsufficientInstanceCapacity'
  const code = (full && FLEET_WORDS[lifecycle]) || thrown.code
  return { pool, lifecycle, code, message: thrown.message }
}

function takeBack(cloud: Cloud, launched: FleetLaunch[]): void {
  const reason = { code: 'Server.InternalError', message: 'Fleet minimum capacity was not met' }
  for (const { instanceIds } of launched) {
    for (const id of instanceIds) {
      const one = cloud.instances.own(id)
      if (one) end(cloud, one, reason)
    }
  }
}
