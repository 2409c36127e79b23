import { PlatformError } from '@openzimki/core'
import ivm from 'isolated-vm'
import type { DoorBytes } from '../cell/to-bytes.ts'
import { BOOT_GLOBAL, type HostEnter } from '../isolate/boot.ts'
import { engineError } from './engine-error.ts'
import { SliceClock } from './slice-clock.ts'

/** Answers what comes out of an isolate. `call` is 0 for a post. */
export interface DoorHandler {
  onPost(call: number, request: number, operation: string, payload: string, bytes: DoorBytes): void
  /** Rejections are turned into errors inside. */
  onSync(request: number, operation: string, payload: string, bytes: DoorBytes): Promise<DoorResult>
}

export type { DoorBytes }

type EntryResult = ReturnType<HostEnter>

export interface DoorResult {
  payload: string
  bytes?: ArrayBuffer
}

export interface IsolateOptions {
  snapshot: ivm.ExternalCopy<ArrayBuffer>
  memoryMb: number
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
  /** Deadlines of entries that have not ended, in order; monotonic milliseconds. */
  #running: { request: number; startedMs: number; timeoutMs: number }[] = []
  /** While the isolate waits for an answer of the host it does not run, and is not over its limit. */
  #waitingSinceMs: number | null = null
  #waitedMs = 0
  #dead: PlatformError | null = null

  private constructor(isolate: ivm.Isolate, context: ivm.Context, memoryMb: number) {
    this.#isolate = isolate
    this.#context = context
    this.memoryMb = memoryMb
    this.clock = new SliceClock(
      () => (isolate.isDisposed ? null : isolate.cpuTime),
      (request, elapsedNs) => this.#onSlice(request, elapsedNs),
    )
    this.#enter = this.#boot()
  }

  static async create({ snapshot, memoryMb }: IsolateOptions): Promise<IsolateHost> {
    const isolate = new ivm.Isolate({ memoryLimit: memoryMb, snapshot })
    return new IsolateHost(isolate, await isolate.createContext(), memoryMb)
  }

  /** Gives a spare isolate to its deployment. */
  adopt(handler: DoorHandler, onSlice: (request: number | null, elapsedNs: number) => void): void {
    this.#handler = handler
    this.#onSlice = onSlice
  }

  get dead(): PlatformError | null {
    return this.#dead
  }

  /** Entries sent and not ended. */
  get busy(): number {
    return this.#running.length
  }

  /** Milliseconds by which what runs now is over its limit and has not stopped. */
  overrunMs(nowMs: number): number {
    const [first] = this.#running
    if (!first) return 0
    const ranUntilMs = this.#waitingSinceMs ?? nowMs
    return Math.max(0, ranUntilMs - first.startedMs - this.#waitedMs - first.timeoutMs)
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
    const args = [event, request, payload, copyIn(bytes), call]
    return this.#track(request, timeoutMs, () =>
      this.#enter
        .apply(undefined, args, { timeout: timeoutMs, result: { copy: true } })
        .then((result) => this.#entered(request, result as EntryResult)),
    )
  }

  /** An answer that came back with the entry is a post like others. */
  #entered(request: number, result: EntryResult): number {
    if (typeof result === 'number') return result
    const [beganNs, operation, payload, bytes] = result
    this.#handler?.onPost(0, request, operation, payload, bytes)
    return beganNs
  }

  /** Compiles and runs a global script. SCRIPT_ERROR carries file, line and column. */
  run(source: string, filename: string, timeoutMs: number): Promise<void> {
    return this.#track(0, timeoutMs, async () => {
      const script = await this.#isolate.compileScript(source, { filename })
      await script.run(this.#context, { timeout: timeoutMs })
      script.release()
      return Number.NaN
    })
  }

  /** Compiles, instantiates and evaluates an ES module without imports; hands its namespace to `receive` inside. */
  runModule(source: string, filename: string, timeoutMs: number, receive: string): Promise<void> {
    return this.#track(0, timeoutMs, async () => {
      const module = await this.#isolate.compileModule(source, { filename })
      await module.instantiate(this.#context, (specifier) => {
        throw new PlatformError(
          'SCRIPT_ERROR',
          `${filename} imports "${specifier}", which is not part of the bundle`,
        )
      })
      await module.evaluate({ timeout: timeoutMs })
      await this.#context.global.set(receive, module.namespace.derefInto())
      return Number.NaN
    })
  }

  /** Frees it at once; what runs in it ends with an error. */
  dispose(reason: PlatformError): void {
    if (this.#dead) return
    this.#dead = reason
    if (!this.#isolate.isDisposed) this.#isolate.dispose()
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
    this.#waitingSinceMs = performance.now()
    try {
      if (operation === 'flush') return '+null'
      if (!this.#handler) throw new PlatformError('UNAVAILABLE', 'the isolate has no realm yet')
      const result = await this.#handler.onSync(request, operation, payload, bytes)
      if (!result.bytes) return `+${result.payload}`
      return new ivm.ExternalCopy([result.payload, result.bytes]).copyInto({ release: true })
    } catch (error) {
      return `-${JSON.stringify(PlatformError.from(error))}`
    } finally {
      this.#waitedMs += performance.now() - this.#waitingSinceMs
      this.#waitingSinceMs = null
    }
  }

  async #track(request: number, timeoutMs: number, work: () => Promise<number>): Promise<void> {
    if (this.#dead) throw this.#dead
    const running = { request, startedMs: performance.now(), timeoutMs }
    if (this.#running.push(running) === 1) this.#waitedMs = 0
    this.clock.sent()
    let beganNs = Number.NaN
    try {
      beganNs = await work()
    } catch (error) {
      throw this.#failure(error, timeoutMs)
    } finally {
      this.#running.splice(this.#running.indexOf(running), 1)
      this.#startNext()
      this.clock.ended(request, beganNs, (performance.now() - running.startedMs) * 1e6)
    }
  }

  /** The next entry begins only now, however long ago it was sent. */
  #startNext(): void {
    const [next] = this.#running
    if (next) next.startedMs = performance.now()
    this.#waitedMs = 0
  }

  #failure(error: unknown, timeoutMs: number): PlatformError {
    if (this.#dead) return this.#dead
    const failure = engineError(error, { timeoutMs, memoryMb: this.memoryMb })
    if (this.#isolate.isDisposed) this.#dead = failure
    return failure
  }
}

function copyIn(bytes: DoorBytes): unknown {
  return typeof bytes === 'object' ? new ivm.ExternalCopy(bytes).copyInto({ release: true }) : bytes
}
