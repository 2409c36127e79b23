import { ExactDivider } from './exact-divider.ts'

/** What one window came to. */
export interface WindowCpu {
  /** Attributed to requests and to `idleNs` together: min(C, elapsed). */
  cpuNs: number
  /** What the slices of the window claimed. */
  elapsedNs: number
  /** Ran while no request of its isolate was running: loading, late timers. Charged to nobody here. */
  idleNs: number
}

/** The requests that run in one isolate: the ones that share what cannot be told apart. Made by `CpuAttribution.isolate`. */
export class IsolateCpu {
  running = 0
  first: RequestCpu | null = null
}

/**
 * One request's CPU. Made by `begin` and given back to the other calls; nothing is looked up by a key, and requests are chained
 * through themselves, because at tens of thousands a second V8's Maps keep dead entries alive (see core's IdTable).
 */
export class RequestCpu {
  readonly isolate: IsolateCpu
  /** Elapsed nanoseconds of slices in the open window. */
  elapsedNs = 0
  /** CPU nanoseconds from closed windows. */
  cpuNs = 0
  before: RequestCpu | null = null
  next: RequestCpu | null = null
  state: 'running' | 'finished' | 'reported' = 'running'
  done: ((cpuNs: number) => void) | null = null

  constructor(isolate: IsolateCpu) {
    this.isolate = isolate
    this.next = isolate.first
    if (this.next) this.next.before = this
    isolate.first = this
    isolate.running++
  }

  /**
   * What it burned so far: CPU nanoseconds of closed windows plus elapsed time of the open one. Never less than what it will be
   * charged up to now, so a limit checked against it is checked in time.
   */
  get soFarNs(): number {
    return this.cpuNs + this.elapsedNs
  }

  leave(): void {
    const { isolate, before, next } = this
    if (before) before.next = next
    else isolate.first = next
    if (next) next.before = before
    this.before = null
    this.next = null
    isolate.running--
  }
}

/**
 * Turns time that isolates were seen running into CPU time that they really had, and says whose it was.
 *
 * Why it is needed: isolated-vm's `isolate.cpuTime` is, in its Linux binaries, the time elapsed on the isolate's thread, so
 * with more running isolates than processors it counts the waiting too (docs/adr/0002). What the threads really burned is
 * known for all of them together (ThreadCpuReader). Within one sampling window of about 50 ms the two differ by one factor:
 *
 *     cpu(slice) = elapsed(slice) * min(1, C / sum of all elapsed)      C = CPU of all isolate threads
 *
 * All arithmetic is in whole nanoseconds and the parts of a window sum exactly to its total.
 */
export class CpuAttribution {
  /** Those with a slice in the open window. */
  #touched: RequestCpu[] = []
  #finished: RequestCpu[] = []
  #elapsedNs = 0
  #idleElapsedNs = 0
  readonly #carryLimitNs: number
  #carryNs = 0

  /**
   * `carryLimitNs`: thread CPU that no slice claimed and that late slices may claim in the next window. The kernel's figures and
   * the slices come in a few milliseconds apart; without a carry each such gap would be lost. Default one window, 50 ms.
   */
  constructor(options: { carryLimitNs?: number } = {}) {
    this.#carryLimitNs = options.carryLimitNs ?? 50_000_000
  }

  /** An isolate in which requests will run. It is forgotten with its last request. */
  isolate(): IsolateCpu {
    return new IsolateCpu()
  }

  /** A request runs, or waits to, from now on in this isolate. */
  begin(isolate: IsolateCpu): RequestCpu {
    return new RequestCpu(isolate)
  }

  /**
   * One entry into an isolate took `elapsedNs` on its thread, for `request`; null: for nobody that can be told, so it is
   * shared equally among the isolate's running requests. Report a run that spans windows in parts, one at each window's
   * end, or its CPU will have gone by unclaimed. Work that outlives its request's report is nobody's too.
   */
  slice(isolate: IsolateCpu, request: RequestCpu | null, elapsedNs: number): void {
    const wholeNs = elapsedNs > 0 ? Math.round(elapsedNs) : 0
    this.#elapsedNs += wholeNs
    if (request !== null && request.state !== 'reported') this.#charge(request, wholeNs)
    else this.#share(isolate, wholeNs)
  }

  /**
   * The request ended; `done` is called once with its CPU nanoseconds when the open window closes. A request that never
   * ran is reported with 0. Finishing twice reports once.
   */
  finish(request: RequestCpu, done: (cpuNs: number) => void): void {
    if (request.state !== 'running') return
    request.state = 'finished'
    request.done = done
    request.leave()
    this.#finished.push(request)
  }

  /**
   * Ends the window. `threadCpuNs` is what all isolate threads burned since the last call; null where the system cannot
   * tell, then elapsed time is taken as it is. Calls `done` of every request finished since the last call.
   */
  closeWindow(threadCpuNs: number | null): WindowCpu {
    const elapsedNs = this.#elapsedNs
    const cpuNs = threadCpuNs === null ? elapsedNs : this.#claim(elapsedNs, threadCpuNs)
    const divider = new ExactDivider(cpuNs, elapsedNs)
    const idleNs = divider.take(this.#idleElapsedNs)
    for (const request of this.#touched) {
      request.cpuNs += divider.take(request.elapsedNs)
      request.elapsedNs = 0
    }
    this.#touched = []
    this.#elapsedNs = 0
    this.#idleElapsedNs = 0
    this.#report()
    return { cpuNs, elapsedNs, idleNs }
  }

  #claim(elapsedNs: number, threadCpuNs: number): number {
    const availableNs = this.#carryNs + Math.max(0, Math.round(threadCpuNs))
    const cpuNs = Math.min(elapsedNs, availableNs)
    this.#carryNs = Math.min(this.#carryLimitNs, availableNs - cpuNs)
    return cpuNs
  }

  #report(): void {
    const finished = this.#finished
    this.#finished = []
    // All are marked before the first callback, so that one that throws leaves nothing behind.
    for (const request of finished) request.state = 'reported'
    for (const request of finished) request.done?.(request.cpuNs)
  }

  #charge(request: RequestCpu, elapsedNs: number): void {
    if (elapsedNs === 0) return
    if (request.elapsedNs === 0) this.#touched.push(request)
    request.elapsedNs += elapsedNs
  }

  #share(isolate: IsolateCpu, elapsedNs: number): void {
    if (isolate.running === 0) {
      this.#idleElapsedNs += elapsedNs
      return
    }
    const divider = new ExactDivider(elapsedNs, isolate.running)
    for (let request = isolate.first; request; request = request.next) this.#charge(request, divider.take(1))
  }
}
