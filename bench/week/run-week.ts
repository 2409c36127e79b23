import { type SimulatedSize, SimulatedWorld } from '@openzimki/provider/simulated'
import prices from '../../providers/aws-ec2/prices/on-demand.json' with { type: 'json' }
import { STEP_MS, WEEK_STEPS, type WeekDemand } from './week-demand.ts'
import { type WeekFigures, WeekFleet, type WeekPool } from './week-fleet.ts'

const GIB = 2 ** 30
const HOUR_STEPS = 3_600_000 / STEP_MS
export const ZONES = ['us-east-1a', 'us-east-1b', 'us-east-1c']
/** Types of four cores. The price file has others too, which are smaller and cheaper. */
const TYPES = ['c6g.xlarge', 'c7g.xlarge', 'm6g.xlarge', 'm7g.xlarge'] as const
export const TYPE_CPUS = 4
const LIST = prices.onDemand['us-east-1']
/** USD an hour. */
export const PRICES = Object.fromEntries(TYPES.map((type) => [type, LIST[type]])) as Record<
  (typeof TYPES)[number],
  number
>
/** The cheapest of the types: what stands behind the spot pools, and what the fixed fleet is made of. */
export const ON_DEMAND_TYPE = 'c6g.xlarge'
/** Thursday, ten to two: when most is asked. */
export const OUTAGE = { from: (3 * 24 + 10) * HOUR_STEPS, until: (3 * 24 + 14) * HOUR_STEPS }
/** An instance boots and its agent joins in a minute, one in a hundred takes more than four. */
const BOOT_MS = 60_000

export interface WeekResult {
  name: string
  amount: number
  askedShareServed: number
  figures: WeekFigures
  /** By day: fewest, mean and most machines that ran. */
  days: { least: number; mean: number; most: number; onDemand: number }[]
}

const memoryOf = (type: string): number => (type.startsWith('c') ? 8 : 16) * GIB

const sizes: SimulatedSize[] = Object.entries(PRICES).flatMap(([type, hourPrice]) => {
  const one = { cpus: TYPE_CPUS, memoryBytes: memoryOf(type), hourPrice }
  return [
    { ...one, size: type, isSpot: false },
    { ...one, size: `${type}-spot`, isSpot: true },
  ]
})

function poolOf(type: string, zone: string, isSpot: boolean): WeekPool {
  const market = isSpot ? 'spot' : 'on-demand'
  return {
    ...{ name: `${type}-${zone}-${market}`, group: market, zone, isolation: 'vm', floor: 0, ceiling: 200 },
    ...{
      spares: 0,
      prepared: 0,
      cpus: TYPE_CPUS,
      memoryBytes: memoryOf(type),
      size: isSpot ? `${type}-spot` : type,
    },
    priceCeiling: isSpot ? PRICES[type as keyof typeof PRICES] : null,
  }
}

export const onDemandPools: WeekPool[] = ZONES.map((zone) => poolOf(ON_DEMAND_TYPE, zone, false))

export const spotFirstPools: WeekPool[] = [
  ...Object.keys(PRICES).flatMap((type) => ZONES.map((zone) => poolOf(type, zone, true))),
  ...onDemandPools,
]

export interface WeekRun {
  name: string
  seed: number
  pools: readonly WeekPool[]
  demand: WeekDemand
  /** Default: all of the week. */
  steps?: number
}

/** A whole week of one fleet, with the zone outage in it. */
export async function runWeek({
  name,
  seed,
  pools,
  demand,
  steps = WEEK_STEPS,
}: WeekRun): Promise<WeekResult> {
  // A Monday.
  const startMs = Date.UTC(2026, 0, 5)
  const world = new SimulatedWorld({ seed, startMs, zones: ZONES, sizes, capacity: 60, bootMs: BOOT_MS })
  const fleet = new WeekFleet(world, pools, demand)
  const days: WeekResult['days'] = []
  for (let step = 0; step < steps; step += 1) {
    if (step === OUTAGE.from) world.failZone(ZONES[0]!, (OUTAGE.until - OUTAGE.from) * STEP_MS)
    await fleet.step(step)
    countInto(days, Math.floor(step / (24 * HOUR_STEPS)), fleet.running)
  }
  const { asked, served } = fleet.loads.sums
  return { name, amount: fleet.cost, askedShareServed: served / asked, figures: fleet.figures, days }
}

function countInto(days: WeekResult['days'], day: number, running: ReadonlyMap<string, number>): void {
  let [all, onDemand] = [0, 0]
  for (const [size, count] of running) {
    all += count
    if (!size.endsWith('-spot')) onDemand += count
  }
  const before = days[day] ?? { least: all, mean: 0, most: all, onDemand: 0 }
  const share = 1 / (24 * HOUR_STEPS)
  days[day] = {
    least: Math.min(before.least, all),
    most: Math.max(before.most, all),
    mean: before.mean + all * share,
    onDemand: before.onDemand + onDemand * share,
  }
}
