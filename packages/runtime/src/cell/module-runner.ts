import { PlatformError } from '@openzimki/core'
import { StackMapper } from '../engine/source-map.ts'
import { MODULE_NAMESPACE_GLOBAL } from '../isolate/boot.ts'
import { RealmIsolate } from './realm-isolate.ts'
import { reportOf } from './report-of.ts'
import type { Runner, RunnerOptions } from './runner.ts'
import type { RunningRequest } from './running-request.ts'
import { settleClock } from './settle-clock.ts'
import { WorkSums } from './work-sums.ts'

/** Runs realms of the module kind: one isolate, many requests at once. */
export class ModuleRunner implements Runner {
  readonly #options: RunnerOptions
  #isolate: Promise<RealmIsolate> | null = null
  #ready: RealmIsolate | null = null
  #disposed: PlatformError | null = null
  #stacks: StackMapper | null = null
  /** Its one thread is its one place. */
  readonly #sums = new WorkSums(1)
  /** Name of the main module's file, once it is known. */
  #main: string | null = null

  constructor(options: RunnerOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    await this.#acquire()
  }

  async run(request: RunningRequest): Promise<void> {
    const { head } = request
    if (head.op !== 'http')
      throw new PlatformError(
        'UNSUPPORTED',
        `a realm of the module kind has no "${head.op}": it is of the script kind`,
      )
    const isolate = this.#ready ?? (await this.#acquire())
    const { requestBytes } = this.#options.realm.load.limits
    const whole = request.body.complete ? request.body.take(requestBytes) : null
    if (request.ended) return
    isolate.begin(request)
    request.mapStack = this.#mapStack
    request.sums = this.#sums
    request.function = 'fetch'
    const body = whole === null ? 'stream' : whole.byteLength > 0 ? 'whole' : 'none'
    const bytes = body === 'whole' ? arrayBuffer(whole!) : undefined
    await new Promise<void>((resolve) => {
      request.onOver = resolve
      isolate.send('http', request, eventText(request, body), bytes)
    })
    if (request.outcome !== 'ok') await isolate.enter('abort', request.id, '{}')
    isolate.finish(request)
    if (isolate.host.dead) this.#drop(isolate)
  }

  reports(nowMs: number) {
    return reportOf(this.#ready ? [this.#ready] : [], nowMs, this.#sums)
  }

  settleClocks(): void {
    if (this.#ready) settleClock(this.#ready)
  }

  dispose(reason: PlatformError): void {
    this.#disposed = reason
    this.#ready?.dispose(reason)
    this.#ready = null
  }

  readonly #mapStack = (text: string): string => this.#stacks?.text(text) ?? text

  #acquire(): Promise<RealmIsolate> {
    if (this.#disposed) return Promise.reject(this.#disposed)
    this.#isolate ??= this.#load().catch((error) => {
      this.#isolate = null
      throw error
    })
    return this.#isolate
  }

  /** A failure to load, told with the author's file and line. */
  #mapped(error: PlatformError): PlatformError {
    const { file, line, column, stack } = error.details
    if (!this.#stacks || error.code !== 'SCRIPT_ERROR') return error
    const origin =
      typeof line === 'number' && typeof column === 'number' ? this.#stacks.origin(line, column) : null
    const where = origin && file === this.#main ? origin : {}
    const details = { ...error.details, stack: this.#stacks.text(String(stack ?? '')), ...where }
    return new PlatformError(error.code, this.#stacks.text(error.message), { details, cause: error })
  }

  #drop(isolate: RealmIsolate): void {
    if (this.#ready !== isolate) return
    this.#ready = null
    this.#isolate = null
    isolate.dispose(isolate.host.dead ?? new PlatformError('INTERNAL', 'the isolate was dropped'))
  }

  async #load(): Promise<RealmIsolate> {
    const { realm, pool, meter, runaways } = this.#options
    const { main } = await realm.artifact
    if (!main) throw new PlatformError('SCRIPT_ERROR', 'the deployment has no main module')
    this.#main = main.name
    if (main.map && !this.#stacks) this.#stacks = new StackMapper(main.name, main.map)
    const host = await pool.take('module', realm.load.limits.memoryMb)
    const isolate = new RealmIsolate({ host, realm, meter, runaways, sums: this.#sums })
    try {
      const { cpuMs } = realm.load.limits
      await host.runModule(main.source, main.name, cpuMs, MODULE_NAMESPACE_GLOBAL)
      await host.enter('start', 0, JSON.stringify({ env: realm.load.env }), cpuMs)
    } catch (error) {
      const failure = this.#mapped(PlatformError.from(error))
      isolate.dispose(failure)
      throw failure
    }
    this.#ready = isolate
    return isolate
  }
}

/** The head as it came: it need not be written anew for each request. */
const eventText = ({ stream }: RunningRequest, body: 'none' | 'whole' | 'stream'): string =>
  `${stream.head.slice(0, -1)},"body":"${body}"}`

function arrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
}
