import { seededRandom } from '../../packages/provider/src/simulated/seeded-random.ts'

export const STEP_MS = 30_000
export const WEEK_STEPS = (7 * 86_400_000) / STEP_MS
const STEPS_OF_HOUR = 3_600_000 / STEP_MS
const REALMS_OF_ACCOUNT = 4
/** A load of a realm keeps one core busy at most: JavaScript has one thread. */
const MOST_CORES = 6

export interface DemandingRealm {
  realm: string
  account: string
  memoryBytes: number
  /** Cores that its requests need, by step. */
  cores: Float32Array
}

export interface WeekDemand {
  realms: readonly DemandingRealm[]
  bursts: number
}

/**
 * What realms are asked in a week that begins on a Monday: offices by day and hardly at the weekend, consumers in the evening and more at the
 * weekend; each in its own measure, with unrest from minute to minute, and bursts that nobody announced. The same seed gives the same week.
 */
export function weekDemand(seed: number, count: number, meanCores: number): WeekDemand {
  const random = seededRandom(seed)
  const realms: DemandingRealm[] = []
  let bursts = 0
  for (let index = 0; index < count; index += 1) {
    // A few realms have most of the load.
    const peak = Math.min(MOST_CORES / 2, meanCores * 0.4 * (1 - random()) ** -0.6)
    const isOffice = random() < 0.7
    const cores = new Float32Array(WEEK_STEPS)
    let unrest = 1
    for (let step = 0; step < WEEK_STEPS; step += 1) {
      if (step % 4 === 0) unrest = 0.85 + 0.3 * random()
      cores[step] = peak * (isOffice ? officeShare(step) : consumerShare(step)) * unrest
    }
    bursts += addBursts(cores, random)
    const account = `a-${Math.floor(index / REALMS_OF_ACCOUNT)}`
    realms.push({ realm: `r-${index}`, account, memoryBytes: (60 + 200 * random()) * 2 ** 20, cores })
  }
  return { realms, bursts }
}

/** Of a realm's usual peak, at a step of the week. */
function officeShare(step: number): number {
  const isWeekend = step >= 5 * 24 * STEPS_OF_HOUR
  return 0.08 + (isWeekend ? 0.2 : 0.92) * bump(step, 13.5, 3.2)
}

function consumerShare(step: number): number {
  const isWeekend = step >= 5 * 24 * STEPS_OF_HOUR
  return 0.12 + (isWeekend ? 1 : 0.8) * Math.min(1, bump(step, 20, 2.2) + 0.45 * bump(step, 13, 3))
}

/** 1 at an hour of the day, and less the further from it. */
function bump(step: number, hour: number, width: number): number {
  const away = Math.abs(((step / STEPS_OF_HOUR) % 24) - hour)
  return Math.exp(-0.5 * (Math.min(away, 24 - away) / width) ** 2)
}

/** Two in a week on average: two to five times as much, up within two minutes, for five to forty. How many there were. */
function addBursts(cores: Float32Array, random: () => number): number {
  const count = Math.floor(random() * 5)
  for (let burst = 0; burst < count; burst += 1) {
    const from = Math.floor(random() * (WEEK_STEPS - 100))
    const length = 10 + Math.floor(random() * 70)
    const factor = 2 + 3 * random()
    for (let at = 0; at < length; at += 1) {
      const share = Math.min(1, (at + 1) / 4, (length - at) / 4)
      const before = cores[from + at] ?? 0
      cores[from + at] = Math.min(MOST_CORES, before * (1 + (factor - 1) * share))
    }
  }
  return count
}

/** Of all realms, by step. */
export function totalCores(realms: readonly DemandingRealm[]): Float64Array {
  const total = new Float64Array(WEEK_STEPS)
  for (const { cores } of realms)
    for (let step = 0; step < WEEK_STEPS; step += 1) total[step]! += cores[step]!
  return total
}
