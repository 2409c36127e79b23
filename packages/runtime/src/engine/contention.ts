import { readFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'

/** Of how many a thread may have to share its processor with, at most: whatever the host does, what runs is stopped after so many times its limit. */
const MOST = 10
/** Between two looks at the host; there is none while nothing is entered. */
const LOOK_MS = 250
/** Of what was seen at the look before: a host that was busy a moment ago is likely to be so in the next. */
const FADING = 0.7

export interface ContentionOptions {
  /** The host's `/proc/loadavg`, or null where there is none. */
  read?: () => string | null
  /** Processors of the host, and those that this process may use. */
  hostProcessors?: number
  ownProcessors?: number
  nowMs?: () => number
}

/**
 * How many threads share a processor. A limit is of CPU, but V8 stops what runs by the clock; so the clock is given as many times the limit as there are
 * threads for each processor. Otherwise good programs would be stopped wherever many run at once, with the greater part of their limit left.
 */
export class Contention {
  readonly #read: () => string | null
  readonly #hostProcessors: number
  readonly #ownProcessors: number
  readonly #nowMs: () => number
  /** Isolates of this process that have something to run. */
  #running = 0
  /** Threads of the host that ran or wanted to, for each of its processors. */
  #seen = 0
  #lookedMs = Number.NEGATIVE_INFINITY

  constructor(options: ContentionOptions = {}) {
    this.#read = options.read ?? readLoad
    this.#hostProcessors = options.hostProcessors ?? cpus().length
    this.#ownProcessors = options.ownProcessors ?? availableParallelism()
    this.#nowMs = options.nowMs ?? (() => performance.now())
  }

  /** An isolate has something to run. */
  begins(): void {
    this.#running += 1
  }

  /** It has nothing left, or waits for the host. */
  ends(): void {
    this.#running -= 1
  }

  /** Milliseconds by the clock for so many of CPU, of something that is about to run. */
  clockMs(cpuMs: number): number {
    this.#look()
    const shared = Math.max(this.#running / this.#ownProcessors, this.#seen)
    return Math.round(cpuMs * Math.min(MOST, Math.max(1, shared)))
  }

  #look(): void {
    const nowMs = this.#nowMs()
    if (nowMs - this.#lookedMs < LOOK_MS) return
    this.#lookedMs = nowMs
    const runnable = Number(/ (\d+)\/\d+ /.exec(this.#read() ?? '')?.[1] ?? 0)
    // The thread that reads is one of them; what is about to run takes its place.
    this.#seen = Math.max(runnable / this.#hostProcessors, this.#seen * FADING)
  }
}

/** Null: another system than Linux, or a sandbox without it. */
function readLoad(): string | null {
  try {
    return readFileSync('/proc/loadavg', 'latin1')
  } catch {
    return null
  }
}
