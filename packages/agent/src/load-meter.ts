import type { IsolateLoad, IsolateReport, LoadSums } from '@openzimki/core'
import { type DeploymentRef, loadKey } from './load-table.ts'
import { MovingAverage } from './moving-average.ts'

export interface LoadMeterOptions {
  /** How many requests of a deployment there can be at once: more than that never waits. */
  concurrencyOf(ref: DeploymentRef): number
  /** Over how long queues are averaged. CPU is over six times as long, since realms are moved by it. */
  smoothMs: number
}

/** No isolate answers more. */
const MOST_PER_SECOND = 1_000_000
const CPU_SPANS = 6

interface Measured {
  sums: LoadSums
  atMs: number
  waiting: MovingAverage
  perSecond: MovingAverage
  busy: MovingAverage
  cpus: MovingAverage
}

/**
 * Makes averages of the sums that a cell reports. The cell may be under a stranger's control: what it says is held to what can be, and
 * CPU to what the kernel says of its process.
 */
export class LoadMeter {
  readonly #options: LoadMeterOptions
  readonly #processCpus: MovingAverage
  #measured = new Map<string, Measured>()
  #process: { cpuMs: number; atMs: number } | null = null

  constructor(options: LoadMeterOptions) {
    this.#options = options
    this.#processCpus = new MovingAverage(options.smoothMs * CPU_SPANS)
  }

  /** Cores that the process keeps busy; null: not known. */
  get processCpus(): number | null {
    return this.#process === null ? null : this.#processCpus.value
  }

  /** What the kernel says that the process has burned so far. */
  processRan(cpuMs: number | null, nowMs: number): void {
    if (cpuMs === null) return
    const before = this.#process
    const forMs = before === null ? 0 : nowMs - before.atMs
    if (before && forMs > 0) this.#processCpus.add(Math.max(0, cpuMs - before.cpuMs) / forMs, forMs)
    this.#process = { cpuMs, atMs: nowMs }
  }

  /** A pong; what it does not name any more is forgotten. */
  reported(reports: readonly IsolateReport[], nowMs: number): void {
    const measured = new Map<string, Measured>()
    for (const report of reports) {
      if (!report.sums) continue
      const before = this.#measured.get(loadKey(report))
      if (before) this.#add(before, report, report.sums, nowMs)
      measured.set(loadKey(report), before ?? this.#begun(report.sums, nowMs))
    }
    this.#measured = measured
  }

  /** Null: nothing is known yet. */
  loadOf(ref: DeploymentRef): IsolateLoad | null {
    const found = this.#measured.get(loadKey(ref))
    if (!found) return null
    const { waiting, perSecond, busy, cpus } = found
    return {
      waiting: waiting.value,
      perSecond: perSecond.value,
      busy: busy.value,
      cpus: cpus.value * this.#truth(),
    }
  }

  /** What is to be believed of the CPU that the cell says that its deployments burned. */
  #truth(): number {
    if (this.#process === null) return 1
    const said = [...this.#measured.values()].reduce((sum, { cpus }) => sum + cpus.value, 0)
    return said > this.#processCpus.value ? this.#processCpus.value / said : 1
  }

  #begun(sums: LoadSums, nowMs: number): Measured {
    const { smoothMs } = this.#options
    const average = () => new MovingAverage(smoothMs)
    const cpus = new MovingAverage(smoothMs * CPU_SPANS)
    return { sums, atMs: nowMs, waiting: average(), perSecond: average(), busy: average(), cpus }
  }

  #add(measured: Measured, ref: DeploymentRef, sums: LoadSums, nowMs: number): void {
    const forMs = nowMs - measured.atMs
    if (forMs <= 0) return
    const rate = (name: keyof LoadSums, most: number) =>
      Math.min(most, Math.max(0, sums[name] - measured.sums[name]) / forMs)
    measured.waiting.add(rate('waitedMs', this.#options.concurrencyOf(ref)), forMs)
    measured.perSecond.add(rate('entered', MOST_PER_SECOND / 1000) * 1000, forMs)
    measured.busy.add(Math.min(1, rate('busyMs', sums.places) / sums.places), forMs)
    measured.cpus.add(rate('cpuMs', sums.places), forMs)
    measured.sums = sums
    measured.atMs = nowMs
  }
}
