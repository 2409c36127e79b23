import { PlatformError } from '@openzimki/core'

/** Part of a run: so many machines, each for so long at most. */
export interface Step {
  name: string
  machines: number
  minutes: number
}

export interface BudgetOptions {
  limitUsd: number
  /** Of a machine with all that it has. */
  usdPerHour: number
  /** Put aside for what is not machines. */
  asideUsd: number
  /** Then all machines are ended, whatever they do. */
  endsAtMs: number
  nowMs(): number
}

interface Reservation {
  sinceMs: number
  /** What it costs until the end of the run. */
  usd: number
  instances: readonly string[]
  count: number
}

/** AWS bills a minute for what ran less. */
const LEAST_BILLED_MS = 60_000
/** From the end of a run until its last machine is off. */
const END_MS = 300_000
const HOUR_MS = 3_600_000

/**
 * A tally of what machines cost, which is never exceeded: before a launch the machine's cost until the end of the run is put aside, and after its
 * end what it did not use comes back. All in USD.
 */
export class Budget {
  readonly #options: BudgetOptions
  readonly #open = new Map<string, Reservation>()
  #settledUsd = 0
  #launches = 0
  #closedBecause: string | null = null

  constructor(options: BudgetOptions) {
    this.#options = options
  }

  /** What a step costs at most. */
  costOf({ machines, minutes }: Step): number {
    return machines * this.#cost(minutes * 60_000)
  }

  /** QUOTA_EXCEEDED: the plan may cost more than may be spent. */
  require(steps: readonly Step[]): void {
    const { limitUsd, asideUsd } = this.#options
    const most = steps.reduce((sum, step) => sum + this.costOf(step), asideUsd)
    if (most <= limitUsd) return
    throw new PlatformError(
      'QUOTA_EXCEEDED',
      `nothing was made: this may cost ${usd(most)} and the budget is ${usd(limitUsd)}; give a --budget of ${usd(most, 'up')}, or ask for less`,
    )
  }

  /** QUOTA_EXCEEDED: it could cost more than is left, or the run is over. The same key again is the same launch. */
  reserve(key: string, count = 1): void {
    if (this.#closedBecause !== null) throw refusal(this.#closedBecause)
    if (this.#open.has(key)) return
    const { limitUsd, endsAtMs, nowMs } = this.#options
    const leftMs = endsAtMs - nowMs()
    if (leftMs <= 0) throw refusal('the time of this run is over')
    const cost = count * this.#cost(leftMs + END_MS)
    if (this.committedUsd + cost > limitUsd)
      throw refusal(
        `the budget is used up: until the end of the run this would cost ${usd(cost)}, and of ${usd(limitUsd)} ${usd(this.committedUsd)} are spoken for`,
      )
    this.#launches += count
    this.#open.set(key, { sinceMs: nowMs(), usd: cost, instances: [], count })
  }

  /** Which instances a reservation became. */
  made(key: string, instances: readonly string[]): void {
    const found = this.#open.get(key)
    if (found) this.#open.set(key, { ...found, instances })
  }

  /** AWS refused, so it costs nothing. */
  notMade(key: string): void {
    const found = this.#open.get(key)
    if (!found || found.instances.length > 0) return
    this.#launches -= found.count
    this.#open.delete(key)
  }

  /** Instances that were seen to have ended for good. One that is merely not seen may be too new; one that is stopped may go on. */
  ended(ids: ReadonlySet<string>): void {
    for (const [key, { instances, sinceMs, count }] of this.#open) {
      if (instances.length === 0 || !instances.every((id) => ids.has(id))) continue
      this.#settledUsd += count * this.#cost(this.#options.nowMs() - sinceMs)
      this.#open.delete(key)
    }
  }

  /** Nothing more is launched. */
  close(because: string): void {
    this.#closedBecause ??= because
  }

  /** Spent, and put aside for what runs until the end of the run. */
  get committedUsd(): number {
    const open = [...this.#open.values()].reduce((sum, one) => sum + one.usd, 0)
    return this.#options.asideUsd + this.#settledUsd + open
  }

  /** For people. */
  toString(): string {
    const { limitUsd, nowMs } = this.#options
    const used = [...this.#open.values()].map(({ sinceMs, count }) => count * this.#cost(nowMs() - sinceMs))
    const spent = used.reduce((sum, one) => sum + one, this.#settledUsd)
    return `${this.#launches} machines launched, at most ${usd(spent, 'up')} for them; ${usd(this.committedUsd)} of ${usd(limitUsd)} spoken for`
  }

  #cost(ms: number): number {
    return (this.#options.usdPerHour * Math.max(LEAST_BILLED_MS, ms)) / HOUR_MS
  }
}

export const usd = (amount: number, round: 'near' | 'up' = 'near'): string =>
  `${(round === 'up' ? Math.ceil(amount * 100) / 100 : amount).toFixed(2)} USD`

const refusal = (why: string) => new PlatformError('QUOTA_EXCEEDED', `no machine is launched: ${why}`)
