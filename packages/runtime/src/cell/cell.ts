import { type CellLoad, type Clock, type LogEntry, PlatformError, type RequestHead } from '@openzimki/core'
import type { LinkStream } from '@openzimki/link'
import type { BlobStore, ObjectStore } from '@openzimki/store/client'
import type { Egress } from '../bindings/egress-port.ts'
import type { CellMeter } from './cell-meter.ts'
import type { IsolatePool } from './isolate-pool.ts'
import { RealmHost } from './realm-host.ts'
import { Runaways } from './runaways.ts'
import { RunningRequest } from './running-request.ts'

export interface CellOptions {
  pool: IsolatePool
  meter: CellMeter
  egress: Egress
  /** The store of one realm, by its capability; `renew` replaces the capability later. */
  connectRealm(load: CellLoad): RealmStore
  log(entry: LogEntry): void
  clock: Clock
}

export interface RealmStore {
  objects: ObjectStore
  blobs: BlobStore
  renew(capability: string): void
}

interface Loaded {
  host: Promise<RealmHost>
  ready: RealmHost | null
  store: RealmStore
}

const UNLOADED = new PlatformError('UNAVAILABLE', 'the deployment was unloaded: try again')

/** The deployments of one cordon, and the requests that reach them. */
export class Cell {
  readonly #options: CellOptions
  readonly #loaded = new Map<string, Loaded>()
  readonly #runaways = new Runaways()
  #nextRequest = 1

  constructor(options: CellOptions) {
    this.#options = options
  }

  /** Loads a deployment; loading what is loaded only renews its capability. */
  async load(load: CellLoad): Promise<void> {
    const key = keyOf(load)
    const known = this.#loaded.get(key)
    if (known) {
      known.store.renew(load.capability)
      await known.host
      return
    }
    const store = this.#options.connectRealm(load)
    const { pool, meter, egress } = this.#options
    const host = RealmHost.start({
      load,
      ...store,
      egress,
      pool,
      meter,
      runaways: this.#runaways,
      log: (entry) => this.#log(load, entry),
    })
    const loaded: Loaded = { host, ready: null, store }
    this.#loaded.set(key, loaded)
    try {
      const ready = await host
      if (this.#loaded.get(key) !== loaded) {
        ready.dispose(UNLOADED)
        throw UNLOADED
      }
      loaded.ready = ready
    } catch (error) {
      if (this.#loaded.get(key) === loaded) this.#loaded.delete(key)
      throw error
    }
  }

  renew(realm: string, deployment: string, capability: string): void {
    this.#loaded.get(keyOf({ realm, deployment }))?.store.renew(capability)
  }

  /** What is still loading is given up when it is there. */
  unload(realm: string, deployment: string): void {
    const key = keyOf({ realm, deployment })
    const known = this.#loaded.get(key)
    this.#loaded.delete(key)
    known?.ready?.dispose(UNLOADED)
  }

  /** A stream from a gateway. */
  accept(stream: LinkStream): void {
    const head = readHead(stream)
    const host = head && this.#loaded.get(keyOf(head))?.ready
    if (head && host) this.#begin(head, host, stream)
    else if (head)
      stream.reset(
        new PlatformError('UNAVAILABLE', 'the realm is not loaded in this cell: ask again', {
          details: { refused: true },
        }),
      )
  }

  #begin(head: RequestHead, host: RealmHost, stream: LinkStream): void {
    const request = new RunningRequest(this.#nextRequest++, head, stream, host.load.limits.responseBytes)
    stream.handlers = request
    void host.handle(request)
  }

  reports() {
    const nowMs = performance.now()
    const loaded = [...this.#loaded.values()].flatMap(({ ready }) => (ready ? [ready.report(nowMs)] : []))
    return this.#runaways.addedTo(loaded, nowMs)
  }

  settleClocks(): void {
    for (const { ready } of this.#loaded.values()) ready?.settleClocks()
    this.#runaways.settleClocks()
  }

  /** Nothing is loaded, or on its way. */
  get isEmpty(): boolean {
    return this.#loaded.size === 0
  }

  /** Requests that run or wait. */
  get active(): number {
    return this.reports().reduce((sum, report) => sum + report.active, 0)
  }

  close(): void {
    for (const { ready } of this.#loaded.values())
      ready?.dispose(new PlatformError('UNAVAILABLE', 'the cell is ending'))
    this.#loaded.clear()
    this.#options.pool.close()
  }

  #log(load: CellLoad, entry: Omit<LogEntry, 'realm' | 'deployment' | 'timeMs'>): void {
    const { realm, deployment } = load
    this.#options.log({ timeMs: this.#options.clock.nowMs(), realm, deployment, ...entry })
  }
}

function keyOf({ realm, deployment }: { realm: string; deployment: string }): string {
  return `${realm} ${deployment}`
}

function readHead(stream: LinkStream): RequestHead | null {
  try {
    return JSON.parse(stream.head) as RequestHead
  } catch (error) {
    stream.reset(new PlatformError('PROTOCOL', 'the head of a request is JSON', { cause: error }))
    return null
  }
}
