import { figure, type ResultTable } from '../measure/results-page.ts'
import {
  type FixedFleet,
  type FixedFleetOptions,
  fixedFleet,
  smallestFixedFleet,
} from '../week/fixed-fleet.ts'
import {
  ON_DEMAND_TYPE,
  OUTAGE,
  onDemandPools,
  PRICES,
  runWeek,
  spotFirstPools,
  TYPE_CPUS,
  type WeekResult,
  ZONES,
} from '../week/run-week.ts'
import { totalCores, weekDemand } from '../week/week-demand.ts'
import type { Scenario } from './scenario.ts'

const SEED = 1
const REALMS = 120
const MEAN_CORES = 1.1
const MOST_PERCENT = 60
const MOST_LOST_PERCENT = 0.1
const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']

/** What a week costs with the fleet that the planner keeps, against a fixed one on demand that serves as much. */
export const week: Scenario = {
  name: 'week',
  isSimulated: true,
  async run(context) {
    const demand = weekDemand(SEED, REALMS, MEAN_CORES)
    const given = { seed: SEED, demand }
    context.say('a week with spot machines first')
    const spot = await runWeek({ ...given, name: 'spot first, on demand behind', pools: spotFirstPools })
    context.say('the same week with machines on demand alone')
    const onDemand = await runWeek({ ...given, name: 'on demand alone', pools: onDemandPools })
    return table({ spot, onDemand, cores: totalCores(demand.realms), bursts: demand.bursts })
  },
}

interface WeekRuns {
  spot: WeekResult
  onDemand: WeekResult
  cores: Float64Array
  bursts: number
}

function table(runs: WeekRuns): ResultTable {
  const { spot, onDemand, cores } = runs
  const options: FixedFleetOptions = {
    ...{ demand: cores, cpus: TYPE_CPUS, hourPrice: PRICES[ON_DEMAND_TYPE], zones: ZONES.length },
    ...{ dark: OUTAGE, servedShare: spot.askedShareServed },
  }
  const fixed = smallestFixedFleet(options)
  const fairWeather = smallestFixedFleet({ ...options, dark: { from: 0, until: 0 } }).machines
  const fixedRow = (what: string, { machines, amount, servedShare }: FixedFleet) =>
    rowOf(`fixed, ${what}: ${machines} machines`, { amount, servedShare }, fixed)
  const elasticRow = ({ name, amount, askedShareServed, figures }: WeekResult) =>
    rowOf(`planned, ${name}: ${figures.launched} launched`, { amount, servedShare: askedShareServed }, fixed)
  return {
    title: 'A week',
    how: howText(runs),
    columns: ['fleet', 'cost', 'of fixed', 'requests over capacity'],
    rows: [
      fixedRow('serving as much', fixed),
      fixedRow('were there no zone outage', fixedFleet(fairWeather, options)),
      elasticRow(spot),
      elasticRow(onDemand),
      ...spot.days.map(dayRow),
    ],
    promises: promisesOf(spot, fixed),
  }
}

const percentOf = (share: number): string => `${figure(100 * share)} %`

const rowOf = (name: string, is: { amount: number; servedShare: number }, fixed: FixedFleet): string[] => [
  ...[name, `${figure(is.amount)} USD`, percentOf(is.amount / fixed.amount), percentOf(1 - is.servedShare)],
]

const dayRow = ({ least, mean, most, onDemand }: WeekResult['days'][number], day: number): string[] => [
  `spot first, ${DAYS[day]}: ${least} to ${most} machines, mean ${figure(mean)}, of them ${figure(onDemand)} on demand`,
  ...['', '', ''],
]

function howText({ spot, cores, bursts }: WeekRuns): string {
  const { takenBack, takenWithRealms, lost } = spot.figures
  const [least, most] = [figure(Math.min(...cores)), figure(Math.max(...cores))]
  return [
    `Simulated, seed ${SEED}: ${REALMS} realms by day, night and weekend that ask for ${least} to ${most} cores, ${bursts} bursts, and zone ${ZONES[0]} dark from ten`,
    'to two on Thursday. Real are the planner, the signals that it goes by, and the portable layer of providers; simulated are the cloud with its spot',
    'prices, machines, agents and the keeper. On-demand prices are list prices (`providers/aws-ec2/prices/on-demand.json`). A fixed fleet is of the cheapest type, its operator knows the',
    'week before, and any of its cores serves any request.',
    `Taken back with two minutes' notice: ${takenBack} machines, of which ${takenWithRealms} still had realms; lost without notice: ${lost}.`,
  ].join(' ')
}

function promisesOf(spot: WeekResult, fixed: FixedFleet): ResultTable['promises'] {
  const share = spot.amount / fixed.amount
  const lost = 1 - spot.askedShareServed
  return [
    {
      what: 'cost of a simulated week, of a fixed fleet on demand that serves as much',
      target: `at most ${MOST_PERCENT} %`,
      measured: percentOf(share),
      met: 100 * share <= MOST_PERCENT,
    },
    {
      what: 'requests of that week that find no capacity',
      target: `at most ${MOST_LOST_PERCENT} %`,
      measured: percentOf(lost),
      met: 100 * lost <= MOST_LOST_PERCENT,
    },
  ]
}
