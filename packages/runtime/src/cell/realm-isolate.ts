import { IdTable, PlatformError } from '@openzimki/core'
import type { IsolateCpu } from '@openzimki/meter'
import type { RealmServices, Unasked } from '../bindings/operation.ts'
import { operate } from '../bindings/operations.ts'
import type { DoorHandler, DoorResult, IsolateHost } from '../engine/isolate-host.ts'
import { tampered } from '../engine/read-progress.ts'
import type { CellMeter } from './cell-meter.ts'
import { IsolateTimers } from './isolate-timers.ts'
import { RequestDoor } from './request-door.ts'
import type { Runaways } from './runaways.ts'
import type { RunningRequest } from './running-request.ts'
import type { DoorBytes } from './to-bytes.ts'
import type { WorkSums } from './work-sums.ts'

const REQUEST_OVER = `-${JSON.stringify(new PlatformError('CANCELLED', 'the request is over'))}`

/** What one isolate of a realm needs. */
export interface RealmIsolateOptions {
  host: IsolateHost
  realm: RealmServices
  meter: CellMeter
  runaways: Runaways
  /** Of its deployment. */
  sums: WorkSums
}

/** An isolate that belongs to a realm: its requests, its timers, its door. */
export class RealmIsolate implements DoorHandler {
  readonly host: IsolateHost
  readonly realm: RealmServices
  readonly requests = new IdTable<RunningRequest>()
  readonly #meter: CellMeter
  readonly #runaways: Runaways
  readonly #sums: WorkSums
  readonly #cpu: IsolateCpu
  readonly #timers: IsolateTimers
  readonly #requestDoor = new RequestDoor(this.requests)
  readonly #unasked: Unasked = {
    remoteCalls: 0,
    chargeEgress: (bytes) => this.#meter.unasked(this.realm.load, bytes),
  }
  lastUsedMs = performance.now()
  /** How many of the realm's classes its program has globals for. */
  classesKnown = 0

  constructor({ host, realm, meter, runaways, sums }: RealmIsolateOptions) {
    this.host = host
    this.realm = realm
    this.#meter = meter
    this.#runaways = runaways
    this.#sums = sums
    this.#cpu = meter.isolate()
    this.#timers = new IsolateTimers(
      (request, timer) => this.#fire(request, timer),
      (timers) => void this.enter('timers.gone', 0, JSON.stringify({ timers })),
    )
    host.adopt(this, (request, elapsedNs) => this.#slice(request, elapsedNs))
  }

  /** The request runs here from now on. */
  begin(request: RunningRequest): void {
    this.requests.add(request)
    this.lastUsedMs = performance.now()
    this.#meter.begin(this.#cpu, request)
  }

  /** The request is over: what it left behind no longer runs. */
  finish(request: RunningRequest): void {
    this.lastUsedMs = performance.now()
    if (!this.requests.delete(request)) return
    this.#timers.clearOf(request.id)
    this.#meter.finish(request, this.realm.load)
  }

  /** Enters for a request, which is told how it went. */
  send(event: string, request: RunningRequest, payload: string, bytes: DoorBytes): void {
    const { dead } = this.host
    if (dead) request.failed(dead)
    else
      this.host.send({
        event,
        request: request.id,
        payload,
        bytes,
        call: 0,
        timeoutMs: this.#budgetMs(request),
        owner: request,
      })
  }

  onPost(call: number, number: number, operation: string, payload: string, bytes: DoorBytes): void {
    const request = this.requests.get(number) ?? null
    if (call !== 0) {
      void this.#answer(call, number, operation, payload, bytes)
      return
    }
    try {
      if (this.#timers.post(number, operation, payload)) return
      if (this.#requestDoor.post(operation, payload, bytes)) return
    } catch {
      // What was to be written as JSON is what the program made of it.
      request?.threw(tampered().message, '')
      return
    }
    operate(operation, payload, { realm: this.realm, request, unasked: this.#unasked, bytes }).catch(
      (error) => this.#complain(request, error),
    )
  }

  onSync(number: number, operation: string, payload: string, bytes: DoorBytes): Promise<DoorResult> {
    const request = this.requests.get(number) ?? null
    return operate(operation, payload, { realm: this.realm, request, unasked: this.#unasked, bytes })
  }

  /** Frees the isolate; what runs ends with `reason`. */
  dispose(reason: PlatformError): void {
    this.#timers.close()
    this.host.dispose(reason)
    for (const request of this.requests.all()) {
      request.fail(reason)
      this.finish(request)
    }
    if (!this.host.isRunaway) return
    this.#runaways.add(this)
    // If it does not stop soon, the agent ends the cell.
    this.#meter.flush()
  }

  async #answer(
    call: number,
    number: number,
    operation: string,
    payload: string,
    bytes: DoorBytes,
  ): Promise<void> {
    const request = this.requests.get(number) ?? null
    let text: string
    let data: ArrayBuffer | undefined
    try {
      const result =
        (await this.#requestDoor.call(operation, payload, bytes)) ??
        (await operate(operation, payload, { realm: this.realm, request, unasked: this.#unasked, bytes }))
      text = `+${result.payload}`
      data = result.bytes
    } catch (error) {
      text = `-${JSON.stringify(PlatformError.from(error))}`
    }
    // Work that outlives its request ends here, on nobody's account; the isolate must not wait for it for ever.
    if (number === 0 || this.requests.has(number)) await this.enter('settle', number, text, data, call)
    else await this.enter('settle', 0, REQUEST_OVER, undefined, call)
  }

  /** Enters the isolate for a request, or for nobody (0). A limit that is hit ends the request. */
  async enter(event: string, number: number, payload: string, bytes?: DoorBytes, call = 0): Promise<void> {
    if (this.host.dead) return
    const request = this.requests.get(number)
    try {
      await this.host.enter(event, number, payload, this.#budgetMs(request), bytes, call)
    } catch (error) {
      const failure = PlatformError.from(error)
      if (request && !request.ended) request.fail(failure)
      else this.#complain(request ?? null, failure)
    }
  }

  #budgetMs(request: RunningRequest | undefined): number {
    const { cpuMs } = this.realm.load.limits
    return Math.max(1, Math.round(cpuMs - (request?.cpuNs ?? 0) / 1e6))
  }

  #fire(request: number, timer: number): void {
    void this.enter('timer', request, JSON.stringify({ timer }))
  }

  #slice(number: number | null, elapsedNs: number): void {
    const request = number === null ? undefined : this.requests.get(number)
    this.#sums.ran(elapsedNs)
    if (request) request.cpuNs += elapsedNs
    this.#meter.slice(this.#cpu, request ?? null, elapsedNs)
  }

  #complain(request: RunningRequest | null, error: unknown): void {
    const { message } = PlatformError.from(error)
    this.realm.log({ request: request?.head.id ?? null, level: 'error', text: message })
  }
}
