import type { Clock, UsageWindow } from '@openzimki/core'
import {
  CpuAttribution,
  type IsolateCpu,
  type ThreadCpuReader,
  UsageAggregator,
  zeroAmounts,
} from '@openzimki/meter'
import type { RunningRequest } from './running-request.ts'

/** How often elapsed time is corrected to CPU time. */
const CPU_WINDOW_MS = 50
/** How often usage is shipped: what a crash may lose, in the customer's favour, together with one CPU window. Each costs control some milliseconds. */
const USAGE_WINDOW_MS = 500

export interface CellMeterOptions {
  source: string
  /** CPU nanoseconds of one JSOP on this machine. */
  jsopNs: number
  clock: Clock
  /** Tells real CPU from elapsed time; null where the system cannot, then elapsed time is taken as it is. */
  threads: ThreadCpuReader | null
  ship(window: UsageWindow): void
  /** Called before each CPU window closes, so that long runs are counted as they go. */
  settle(): void
}

/** Who a request is charged to. */
export interface Charge {
  account: string
  realm: string
  deployment: string
}

/** The cell's meter: slices of isolates in, numbered windows of usage out. */
export class CellMeter {
  readonly #options: CellMeterOptions
  readonly #attribution = new CpuAttribution()
  readonly #usage: UsageAggregator
  #cpuTimer: NodeJS.Timeout | null = null
  readonly #usageTimer: NodeJS.Timeout
  #active = 0

  constructor(options: CellMeterOptions) {
    this.#options = options
    this.#usage = new UsageAggregator({ source: options.source, startMs: options.clock.nowMs() })
    this.#usageTimer = setInterval(() => this.#ship(), USAGE_WINDOW_MS)
    this.#usageTimer.unref()
  }

  /** An isolate, or whatever else requests run in together. */
  isolate(): IsolateCpu {
    return this.#attribution.isolate()
  }

  begin(isolate: IsolateCpu, request: RunningRequest): void {
    this.#active++
    request.cpu = this.#attribution.begin(isolate)
    this.#cpuTimer ??= setInterval(() => this.#closeCpuWindow(), CPU_WINDOW_MS)
  }

  slice(isolate: IsolateCpu, request: RunningRequest | null, elapsedNs: number): void {
    this.#attribution.slice(isolate, request?.cpu ?? null, elapsedNs)
  }

  /** The request is over; its record is added when its CPU is known. */
  finish(request: RunningRequest, charge: Charge): void {
    const { cpu, amounts, outcome } = request
    if (cpu === null) return
    const wallMs = performance.now() - request.startedMs
    // The request itself must not live on until its window closes: there are thousands in one.
    const { key } = request.head
    const name = request.function
    this.#attribution.finish(cpu, (cpuNs) => {
      this.#active--
      // Written out, because it runs once a request.
      this.#usage.add({
        account: charge.account,
        realm: charge.realm,
        deployment: charge.deployment,
        key,
        function: name,
        outcome,
        requests: 1,
        cpuNs,
        jsops: cpuNs / this.#options.jsopNs,
        wallMs,
        bytesIn: amounts.bytesIn,
        bytesOut: amounts.bytesOut,
        egressBytes: amounts.egressBytes,
        storeReads: amounts.storeReads,
        storeWrites: amounts.storeWrites,
      })
    })
  }

  /** Outbound bytes of what no request asked for, such as the start of a deployment. Its CPU is charged to nobody. */
  unasked(charge: Charge, egressBytes: number): void {
    if (egressBytes === 0) return
    const { account, realm, deployment } = charge
    const labels = { account, realm, deployment, key: 'system', function: '(start)', outcome: 'ok' } as const
    this.#usage.add({ ...labels, ...zeroAmounts(), egressBytes })
  }

  /** The window is safe elsewhere. */
  acknowledge(sequence: number): void {
    this.#usage.ack(sequence)
  }

  /** Counts and ships what there is now. */
  flush(): void {
    this.#closeCpuWindow()
    this.#ship()
  }

  /** Nothing is left to ship or to be acknowledged. */
  get empty(): boolean {
    return this.#usage.empty
  }

  close(): void {
    if (this.#cpuTimer) clearInterval(this.#cpuTimer)
    clearInterval(this.#usageTimer)
    this.#options.threads?.close()
  }

  #closeCpuWindow(): void {
    this.#options.settle()
    this.#attribution.closeWindow(this.#options.threads?.readDeltaNs() ?? null)
    if (this.#active > 0 || !this.#cpuTimer) return
    clearInterval(this.#cpuTimer)
    this.#cpuTimer = null
  }

  #ship(): void {
    this.#usage.close(this.#options.clock.nowMs())
    for (const window of this.#usage.pending()) this.#options.ship(window)
  }
}
