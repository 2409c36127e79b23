import { PlatformError } from '@openzimki/core'
import ivm from 'isolated-vm'
import type { DoorBytes } from '../cell/to-bytes.ts'
import { BOOT_GLOBAL, type EntryResult, type Progress } from '../isolate/boot.ts'
import type { Contention } from './contention.ts'
import { engineError, stuckError, stuckWithOthers } from './engine-error.ts'
import { type BatchOutcome, EntryQueue, type PendingEntry } from './entry-queue.ts'
import { readProgress } from './read-progress.ts'
import { RunningEntries, type RunningEntry } from './running-entries.ts'
import { type Slice, SliceClock, UNTOLD } from './slice-clock.ts'

/** Asking an isolate how far it came runs none of the program. */
const PROGRESS_MS = 1_000

/** Answers what comes out of an isolate. `call` is 0 for a post. */
export interface DoorHandler {
  onPost(call: number, request: number, operation: string, payload: string, bytes: DoorBytes): void
  /** Rejections are turned into errors inside. */
  onSync(request: number, operation: string, payload: string, bytes: DoorBytes): Promise<DoorResult>
}

export type { DoorBytes }

export interface DoorResult {
  payload: string
  bytes?: ArrayBuffer
}

export interface IsolateOptions {
  snapshot: ivm.ExternalCopy<ArrayBuffer>
  memoryMb: number
  /** Of the process with all its isolates; absent: each has a processor of its own. */
  contention?: Contention
}

/**
 * One V8 isolate. Everything that runs in it runs under a time limit on a thread of its own, so the process stays
 * responsive whatever the program does.
 */
export class IsolateHost {
  readonly #isolate: ivm.Isolate
  readonly #context: ivm.Context
  readonly #enter: ivm.Reference
  readonly memoryMb: number
  readonly clock: SliceClock
  #handler: DoorHandler | null = null
  #onSlice: (request: number | null, elapsedNs: number) => void = () => undefined
  readonly #contention: Contention | undefined
  readonly #running = new RunningEntries(() => this.#abandon())
  /** Batches sent, and the last up to which all are settled. */
  #lastBatch = 0
  #settledBatch = 0
  readonly #queue = new EntryQueue((entries) => this.#send(entries))
  #dead: PlatformError | null = null
  /** What it had run when it was given up, nanoseconds, and when that was: its thread runs on, and its own clock is gone. */
  #abandoned: { busyNs: bigint; atMs: number } | null = null
  readonly #stopped = Promise.withResolvers<void>()

  private constructor(isolate: ivm.Isolate, context: ivm.Context, options: IsolateOptions) {
    this.#isolate = isolate
    this.#context = context
    this.#contention = options.contention
    this.memoryMb = options.memoryMb
    this.clock = new SliceClock(
      () => this.#busyNs(),
      (request, elapsedNs) => this.#onSlice(request, elapsedNs),
    )
    this.#enter = this.#boot()
  }

  static async create(options: IsolateOptions): Promise<IsolateHost> {
    const isolate = new ivm.Isolate({ memoryLimit: options.memoryMb, snapshot: options.snapshot })
    return new IsolateHost(isolate, await isolate.createContext(), options)
  }

  /** Gives a spare isolate to its deployment. */
  adopt(handler: DoorHandler, onSlice: (request: number | null, elapsedNs: number) => void): void {
    this.#handler = handler
    this.#onSlice = onSlice
  }

  /** Why it takes no more; what was begun may run on until it has `stopped`. */
  get dead(): PlatformError | null {
    return this.#dead
  }

  /** Resolves when it is dead and nothing runs in it any more. */
  get stopped(): Promise<void> {
    return this.#stopped.promise
  }

  /** It is dead, and its thread runs on. */
  get isRunaway(): boolean {
    return this.#dead !== null && this.#running.length > 0
  }

  /** Entries sent and not ended. */
  get busy(): number {
    return this.#running.length + this.#queue.length
  }

  /** Milliseconds by which what runs now is over its limit and has not stopped. */
  overrunMs(nowMs: number): number {
    return this.#running.overrunMs(nowMs)
  }

  get heapBytes(): number {
    if (this.#dead) return 0
    const heap = this.#isolate.getHeapStatisticsSync()
    return heap.used_heap_size + heap.externally_allocated_size
  }

  /** Enters the isolate. Rejects with LIMIT_EXCEEDED (`cpuMs`, `memoryMb`) or SCRIPT_ERROR. */
  enter(
    event: string,
    request: number,
    payload: string,
    timeoutMs: number,
    bytes?: DoorBytes,
    call = 0,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const owner = { returned: () => resolve(), failed: reject }
      this.send({ event, request, payload, bytes, call, timeoutMs, owner })
    })
  }

  /** Enters the isolate; the entry's owner is told how it went. */
  send(entry: PendingEntry): void {
    this.#queue.push(entry)
  }

  /** Sends a batch and settles those of its entries that were begun. */
  async #send(entries: PendingEntry[]): Promise<BatchOutcome> {
    const args = entries.map(({ event, request, payload, bytes, call }) => [
      event,
      request,
      payload,
      bytes,
      call,
    ])
    // Short entries may have met a long one: each has its limit, so two of them have twice as much.
    const longestMs = entries.reduce((longest, { timeoutMs }) => Math.max(longest, timeoutMs), 1)
    const limitMs = entries.length > 1 ? longestMs * 2 : longestMs
    const number = ++this.#lastBatch
    let failure: PlatformError | null = null
    let progress: Progress = { results: [], isTail: false }
    const run = async (timeoutMs: number): Promise<Slice[]> => {
      progress = readProgress(await this.#apply(args, number, timeoutMs), entries.length, 1)
      return stamps(entries, progress.results)
    }
    const request = entries.length === 1 ? entries[0]!.request : 0
    await this.#track(limitMs, run, { request, size: entries.length }).catch(async (error) => {
      failure = PlatformError.from(error)
      if (!this.#dead) progress = await this.#progress(number, entries.length)
    })
    this.#settledBatch = number
    return this.#settle(entries, progress, failure)
  }

  #apply(batch: unknown, number: number, timeoutMs: number): Promise<unknown> {
    return this.#enter.apply(undefined, [batch, number, this.#settledBatch], {
      timeout: timeoutMs,
      arguments: { copy: true },
      result: { copy: true },
    })
  }

  /** How far the batch came that was stopped. */
  async #progress(number: number, most: number): Promise<Progress> {
    try {
      return readProgress(await this.#apply(null, number, PROGRESS_MS), most, 0)
    } catch (error) {
      this.#failure(error, { limitMs: PROGRESS_MS, timeoutMs: PROGRESS_MS })
      return { results: [], isTail: false }
    }
  }

  /** Answers go out as posts do; the entry that was stopped fails; what had not begun is sent again. */
  #settle(
    entries: PendingEntry[],
    { results, isTail }: Progress,
    failure: PlatformError | null,
  ): BatchOutcome {
    const stopped = failure === null ? -1 : Math.max(0, isTail ? results.length - 1 : results.length)
    results.forEach((result, index) => {
      const entry = entries[index]!
      if (index === stopped) return
      if (result.length > 1) this.#handler?.onPost(0, entry.request, result[1]!, result[2]!, result[3])
      entry.owner.returned(result[0])
    })
    if (failure) entries[stopped]?.owner.failed(failure)
    const begun = failure === null ? results.length : this.#dead ? entries.length : Math.max(1, stopped + 1)
    if (this.#dead) for (const entry of entries.slice(stopped + 1)) entry.owner.failed(failure ?? this.#dead)
    return { begun, mayFollow: results.at(-1)?.[1]?.endsWith('+done') ?? false }
  }

  /** Compiles a global script, for `run`; may be asked for while something runs. SCRIPT_ERROR carries file, line and column. */
  async compile(source: string, filename: string, limitMs: number): Promise<ivm.Script> {
    let script: ivm.Script | undefined
    await this.#track(
      limitMs,
      async () => {
        script = await this.#isolate.compileScript(source, { filename })
        return [UNTOLD]
      },
      { source },
    )
    return script!
  }

  /** Runs a global script once. Errors as `compile`. */
  run(script: ivm.Script, limitMs: number): Promise<void> {
    return this.#track(limitMs, async (timeoutMs) => {
      await script.run(this.#context, { timeout: timeoutMs })
      script.release()
      return [UNTOLD]
    })
  }

  /** Compiles, instantiates and evaluates an ES module without imports; hands its namespace to `receive` inside. */
  runModule(source: string, filename: string, limitMs: number, receive: string): Promise<void> {
    return this.#track(
      limitMs,
      async (timeoutMs) => {
        const module = await this.#isolate.compileModule(source, { filename })
        await module.instantiate(this.#context, (specifier) => {
          throw new PlatformError(
            'SCRIPT_ERROR',
            `${filename} imports "${specifier}", which is not part of the bundle`,
          )
        })
        await module.evaluate({ timeout: timeoutMs })
        await this.#context.global.set(receive, module.namespace.derefInto())
        return [UNTOLD]
      },
      { source },
    )
  }

  /** Frees it at once; what runs in it ends with an error. */
  dispose(reason: PlatformError): void {
    if (this.#dead) return
    this.#dead = reason
    this.#running.giveUp()
    if (!this.#isolate.isDisposed) this.#isolate.dispose()
    this.#checkStopped()
  }

  /**
   * What runs did not stop at its limit: not everything can be stopped inside V8. Nobody waits for it any longer, and what was sent
   * after it never begins. Its thread runs on until it is through, or until the agent ends the process.
   */
  #abandon(): void {
    const [stuck, ...others] = this.#running.all()
    if (!stuck || this.#dead) return
    this.clock.settle(stuck.request || null)
    this.#abandoned = { busyNs: this.#isolate.cpuTime, atMs: performance.now() }
    const reason = stuckWithOthers(stuck.limitMs)
    this.dispose(reason)
    stuck.abandon(stuckError(stuck.limitMs, stuck.size))
    for (const other of others) other.abandon(reason)
  }

  #busyNs(): bigint | null {
    if (this.#abandoned) {
      const { busyNs, atMs } = this.#abandoned
      return busyNs + BigInt(Math.round((performance.now() - atMs) * 1e6))
    }
    return this.#isolate.isDisposed ? null : this.#isolate.cpuTime
  }

  #checkStopped(): void {
    if (this.#dead && this.#running.length === 0) this.#stopped.resolve()
  }

  #boot(): ivm.Reference {
    const { global } = this.#context
    // The declarations of isolated-vm leave `lib` out; it is handed in for its monotonic clock.
    const { lib } = ivm as unknown as { lib: ivm.Transferable }
    const boot = global.getSync(BOOT_GLOBAL, { reference: true }) as ivm.Reference
    global.deleteSync(BOOT_GLOBAL)
    const post = new ivm.Callback(
      (call: number, request: number, operation: string, payload: string, bytes: DoorBytes) =>
        this.#handler?.onPost(call, request, operation, payload, bytes),
      { ignored: true },
    )
    const sync = new ivm.Reference((request: number, operation: string, payload: string, bytes: unknown) =>
      this.#sync(request, operation, payload, bytes as DoorBytes),
    )
    return boot.applySync(undefined, [post, sync, lib], { result: { reference: true } }) as ivm.Reference
  }

  async #sync(request: number, operation: string, payload: string, bytes: DoorBytes): Promise<unknown> {
    this.#running.waits()
    // One that waits takes no processor from others.
    this.#contention?.ends()
    try {
      if (operation === 'flush') return '+null'
      if (!this.#handler) throw new PlatformError('UNAVAILABLE', 'the isolate has no realm yet')
      const result = await this.#handler.onSync(request, operation, payload, bytes)
      if (!result.bytes) return `+${result.payload}`
      return new ivm.ExternalCopy([result.payload, result.bytes]).copyInto({ release: true })
    } catch (error) {
      return `-${JSON.stringify(PlatformError.from(error))}`
    } finally {
      this.#contention?.begins()
      this.#running.goesOn()
    }
  }

  /**
   * Runs `work` in its turn, for `limitMs` of CPU, and hands it how long that may take. `request`: whom it is charged to when it is stopped before it can
   * say; `source`: what it was compiled from.
   */
  #track(
    limitMs: number,
    work: (timeoutMs: number) => Promise<Slice[]>,
    { request = 0, size = 1, source = '' } = {},
  ): Promise<void> {
    if (this.#dead) return Promise.reject(this.#dead)
    return new Promise((resolve, reject) => {
      if (this.#running.length === 0) this.#contention?.begins()
      const timeoutMs = this.#contention?.clockMs(limitMs) ?? limitMs
      const entry = { startedMs: performance.now(), limitMs, timeoutMs, request, size, abandon: reject }
      this.#follow(entry, work, source).then(resolve, reject)
    })
  }

  async #follow(
    entry: RunningEntry,
    work: (timeoutMs: number) => Promise<Slice[]>,
    source: string,
  ): Promise<void> {
    this.#running.add(entry)
    this.clock.sent()
    let slices: Slice[] = [{ ...UNTOLD, request: entry.request }]
    try {
      slices = await work(entry.timeoutMs)
    } catch (error) {
      throw this.#failure(error, entry, source)
    } finally {
      const elapsedMs = performance.now() - entry.startedMs
      this.#running.ended(entry)
      if (this.#running.length === 0) this.#contention?.ends()
      this.clock.ended(slices, elapsedMs * 1e6)
      this.#checkStopped()
    }
  }

  #failure(
    error: unknown,
    { limitMs, timeoutMs }: Pick<RunningEntry, 'limitMs' | 'timeoutMs'>,
    source = '',
  ): PlatformError {
    if (this.#dead) return this.#dead
    const ranMs = this.clock.runNs() / 1e6
    const failure = engineError(error, { limitMs, timeoutMs, ranMs, memoryMb: this.memoryMb, source })
    if (this.#isolate.isDisposed) this.#dead = failure
    return failure
  }
}

/** What began when, for the clock; a batch that was stopped is charged as one. */
function stamps(entries: PendingEntry[], results: EntryResult[]): Slice[] {
  return results.map(([beganNs], index) => ({ request: entries[index]!.request, beganNs }))
}
