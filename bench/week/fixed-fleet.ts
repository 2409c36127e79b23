import { STEP_MS } from './week-demand.ts'

export interface FixedFleet {
  machines: number
  /** Of all that was asked for. */
  servedShare: number
  amount: number
}

export interface FixedFleetOptions {
  /** Cores that are asked for, by step. */
  demand: Float64Array
  cpus: number
  hourPrice: number
  zones: number
  /** Steps in which one of the zones is dark. */
  dark: { from: number; until: number }
  /** What it has to serve at least. */
  servedShare: number
}

/**
 * The fewest machines that serve as much and are there all week. It flatters them: their operator knows the week before, and every core can
 * serve every request, wherever its realm is.
 */
export function smallestFixedFleet(options: FixedFleetOptions): FixedFleet {
  for (let machines = 1; ; machines += 1) {
    const fleet = fixedFleet(machines, options)
    if (fleet.servedShare >= options.servedShare) return fleet
  }
}

/** What so many serve and cost. */
export function fixedFleet(machines: number, options: FixedFleetOptions): FixedFleet {
  const { demand, cpus, hourPrice, zones, dark } = options
  let [asked, served] = [0, 0]
  for (const [step, cores] of demand.entries()) {
    const isDark = step >= dark.from && step < dark.until
    const alive = isDark ? machines - Math.ceil(machines / zones) : machines
    asked += cores
    served += Math.min(cores, alive * cpus)
  }
  const amount = (machines * hourPrice * demand.length * STEP_MS) / 3_600_000
  return { machines, servedShare: served / asked, amount }
}
