/** What one window came to. */
export interface WindowCpu {
  /** Attributed to requests and to `idleNs` together: min(C, elapsed). */
  cpuNs: number
  /** What the slices of the window claimed. */
  elapsedNs: number
  /** Ran while no request of its isolate was running: loading, late timers. Charged to nobody here. */
  idleNs: number
}

interface Running<R, I> {
  request: R
  isolate: I
  /** Elapsed nanoseconds of slices in the open window. */
  elapsedNs: number
  /** CPU nanoseconds from closed windows. */
  cpuNs: number
  finished: boolean
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
 *
 * `R` and `I` are whatever the caller names a request and an isolate by; they are compared as keys of a Map.
 */
export class CpuAttribution<R = string, I = string> {
  readonly #requests = new Map<R, Running<R, I>>()
  /** Requests begun and not finished, by isolate: the ones that share what cannot be told apart. */
  readonly #running = new Map<I, Set<Running<R, I>>>()
  /** Those with a slice in the open window. */
  #touched: Running<R, I>[] = []
  #reports: { entry: Running<R, I> | null; done: (cpuNs: number) => void }[] = []
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

  /** The request runs from now on in this isolate. A first slice says the same; this is for requests that still wait. */
  begin(isolate: I, request: R): void {
    this.#entry(isolate, request)
  }

  /**
   * One entry into an isolate took `elapsedNs` on its thread, for `request`; null: for nobody that can be told, so it is
   * shared equally among the isolate's running requests. Report a run that spans windows in parts, one at each window's
   * end, or its CPU will have gone by unclaimed. A request that was reported already begins anew: give null for work that outlives its request.
   */
  slice(isolate: I, request: R | null, elapsedNs: number): void {
    const wholeNs = elapsedNs > 0 ? Math.round(elapsedNs) : 0
    this.#elapsedNs += wholeNs
    if (request !== null) this.#charge(this.#entry(isolate, request), wholeNs)
    else this.#share(this.#running.get(isolate), wholeNs)
  }

  /**
   * The request ended; `done` is called once with its CPU nanoseconds when the open window closes. A request that never
   * ran is reported with 0. Finishing twice reports once.
   */
  finish(request: R, done: (cpuNs: number) => void): void {
    const entry = this.#requests.get(request) ?? null
    if (entry?.finished) return
    this.#reports.push({ entry, done })
    if (!entry) return
    entry.finished = true
    this.#leave(entry)
  }

  /** Forgets an isolate that was disposed; its unfinished requests are still reported when they finish. */
  dropIsolate(isolate: I): void {
    this.#running.delete(isolate)
  }

  /**
   * What a request burned so far: CPU nanoseconds of closed windows plus elapsed time of the open one. Never less than
   * what it will be charged up to now, so a limit checked against it is checked in time.
   */
  soFarNs(request: R): number {
    const entry = this.#requests.get(request)
    return entry ? entry.cpuNs + entry.elapsedNs : 0
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
    for (const entry of this.#touched) {
      entry.cpuNs += divider.take(entry.elapsedNs)
      entry.elapsedNs = 0
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
    const reports = this.#reports
    this.#reports = []
    // All are forgotten before the first callback, so that one that throws leaves nothing behind.
    for (const { entry } of reports) if (entry) this.#requests.delete(entry.request)
    for (const { entry, done } of reports) done(entry?.cpuNs ?? 0)
  }

  #entry(isolate: I, request: R): Running<R, I> {
    const known = this.#requests.get(request)
    if (known) return known
    const entry: Running<R, I> = { request, isolate, elapsedNs: 0, cpuNs: 0, finished: false }
    this.#requests.set(request, entry)
    const running = this.#running.get(isolate)
    if (running) running.add(entry)
    else this.#running.set(isolate, new Set([entry]))
    return entry
  }

  #charge(entry: Running<R, I>, elapsedNs: number): void {
    if (elapsedNs === 0) return
    if (entry.elapsedNs === 0) this.#touched.push(entry)
    entry.elapsedNs += elapsedNs
  }

  #share(running: Set<Running<R, I>> | undefined, elapsedNs: number): void {
    if (!running || running.size === 0) {
      this.#idleElapsedNs += elapsedNs
      return
    }
    const divider = new ExactDivider(elapsedNs, running.size)
    for (const entry of running) this.#charge(entry, divider.take(1))
  }

  #leave(entry: Running<R, I>): void {
    const running = this.#running.get(entry.isolate)
    running?.delete(entry)
    if (running?.size === 0) this.#running.delete(entry.isolate)
  }
}

/**
 * Divides a whole `total` over whole weights that sum to `weights`, exactly: each part is the step between two rounded
 * points of the running sum, so parts are whole, never negative, within one of their exact share, and sum to the total.
 */
class ExactDivider {
  readonly #total: number
  readonly #weights: number
  #weight = 0
  #given = 0

  constructor(total: number, weights: number) {
    this.#total = total
    this.#weights = weights
  }

  take(weight: number): number {
    this.#weight += weight
    if (this.#weight === 0) return 0
    const point =
      this.#weight >= this.#weights
        ? this.#total
        : Math.min(this.#total, Math.floor((this.#weight / this.#weights) * this.#total))
    const part = Math.max(0, point - this.#given)
    this.#given += part
    return part
  }
}
