import type {
  CellLoad,
  FromCell,
  IsolateReport,
  IsolateStatus,
  LogEntry,
  ToCell,
  UsageWindow,
} from '@openzimki/core'
import { PlatformError } from '@openzimki/core'
import { CellChannel, type ChannelBounds } from './cell-channel.ts'
import { cellGone, loadHarmed, loadTimedOut } from './cell-error.ts'
import { parseCellMessage } from './cell-message.ts'
import type { SpawnedCell } from './cell-spawner.ts'
import { LoadMeter } from './load-meter.ts'
import { LoadTable, loadKey } from './load-table.ts'
import { OutputTail } from './output-tail.ts'
import { type Blame, suspects } from './suspects.ts'
import { Vitals } from './vitals.ts'
import { WindowOrder } from './window-order.ts'

/** Why a cell is no more. */
export interface CellEnd {
  /** `asked`: drained or not needed. `killed`: by us, for `reason`. `crashed`: by itself or from outside. */
  how: 'asked' | 'killed' | 'crashed'
  /** Fit for a customer's eyes. */
  reason: string
  /** The last that its process printed: for the operator alone, it may tell of this host. */
  output: string
  signal: string | null
  /** Null: nothing is known of who caused it. */
  blame: Blame | null
}

export interface CellEvents {
  onUsage(cell: Cell, window: UsageWindow): void
  onLog(cell: Cell, entries: LogEntry[]): void
  /** Once. Returns the keys of loads in flight that are to blame; the others may be tried elsewhere. */
  onEnded(cell: Cell, end: CellEnd): ReadonlySet<string>
}

export interface CellOptions {
  channel: ChannelBounds
  loadMs: number
  /** See AgentSettings. */
  smoothMs: number
  nowMs: () => number
}

/** A process that has ended but whose pipes somebody holds open is not waited for any longer. */
const LAST_WORDS_MS = 1_000

/** One cell process as its supervisor sees it. What it says is believed only of what it was given. */
export class Cell {
  readonly id: string
  readonly address: string
  readonly pid: number
  /** Cordon it serves; null: a spare. Set once. */
  cordon: string | null = null
  readonly loads = new LoadTable()
  readonly vitals: Vitals
  readonly meter: LoadMeter
  readonly output = new OutputTail()
  /** Resolves when it takes loads; rejects with UNAVAILABLE when it ended before. */
  readonly ready: Promise<void>
  /** Resolves when its process is gone. */
  readonly ended: Promise<void>
  readonly #spawned: SpawnedCell
  readonly #channel: CellChannel
  readonly #options: CellOptions
  readonly #events: CellEvents
  readonly #windows: WindowOrder
  readonly #readyGate = Promise.withResolvers<void>()
  readonly #endGate = Promise.withResolvers<void>()
  #isReady = false
  #isEnded = false
  #drainTimer: NodeJS.Timeout | null = null
  #end: CellEnd | null = null

  constructor(spawned: SpawnedCell, options: CellOptions, events: CellEvents) {
    this.id = spawned.id
    this.address = spawned.address
    this.pid = spawned.child.pid ?? 0
    this.#spawned = spawned
    this.#options = options
    this.#events = events
    this.#windows = new WindowOrder(spawned.id)
    this.vitals = new Vitals(options.nowMs())
    this.meter = new LoadMeter({
      smoothMs: options.smoothMs,
      concurrencyOf: (ref) => this.loads.find(ref)?.load.limits.concurrency ?? 0,
    })
    this.ready = this.#readyGate.promise
    // Whoever needs it awaits it; a spare that fails unawaited is told by onEnded.
    this.ready.catch(() => undefined)
    this.ended = this.#endGate.promise
    this.#channel = new CellChannel(spawned.channel, options.channel, {
      onMessage: (value) => this.#receive(value),
      onBroken: (error) => this.#killForLying(error),
    })
    for (const stream of [spawned.child.stdout, spawned.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => this.output.add(text))
    }
    void spawned.exited.then(({ code, signal }) => this.#exited(code, signal))
  }

  get isReady(): boolean {
    return this.#isReady && !this.isEnding
  }

  /** Ended, or told to. */
  get isEnding(): boolean {
    return this.#end !== null
  }

  /**
   * Loads a deployment and resolves to the milliseconds it took. Loading what is there renews its capability; concurrent loads of the
   * same share one. Rejects with the program's own error, LIMIT_EXCEEDED (it harmed the cell), TIMEOUT, UNAVAILABLE (try elsewhere).
   */
  async load(load: CellLoad): Promise<number> {
    await this.ready
    if (this.isEnding) throw cellGone(this.#end?.reason ?? 'it was told to end')
    const there = this.loads.find(load)
    if (!there) return this.#loadAnew(load)
    const ms = await there.done
    this.renew(load.realm, load.deployment, load.capability)
    return ms
  }

  /** No effect when it is not there. */
  unload(realm: string, deployment: string): void {
    if (this.loads.remove({ realm, deployment })) this.#send({ type: 'unload', realm, deployment })
  }

  /** No effect when it is not there. */
  renew(realm: string, deployment: string, capability: string): void {
    if (this.loads.renew({ realm, deployment }, capability)) {
      this.#send({ type: 'renew', realm, deployment, capability })
    }
  }

  /** Of each deployment that is loaded now: what the last pong said of it, or, for one loaded since, nothing yet. */
  reports(): IsolateStatus[] {
    const said = new Map(this.vitals.isolates.map((report) => [loadKey(report), report]))
    return this.loads.all().flatMap(({ isLoading, load: { realm, deployment } }) => {
      if (isLoading) return []
      const nothingYet: IsolateReport = {
        realm,
        deployment,
        heapBytes: 0,
        active: 0,
        overrunMs: 0,
        idleMs: 0,
      }
      const { sums: _, ...report } = said.get(loadKey({ realm, deployment })) ?? nothingYet
      const measured = this.meter.loadOf(report)
      return [measured ? { ...report, load: measured } : report]
    })
  }

  /** Asks for a sign of life, and lets it send again what it may. */
  ping(): void {
    this.#channel.refill()
    if (this.#isReady) this.#send({ type: 'ping', id: this.vitals.pingSent(this.#options.nowMs()) })
  }

  /** The window is safe; the cell may forget it. */
  acknowledge(sequence: number): void {
    this.#windows.acknowledge(sequence)
    this.#send({ type: 'usage-ack', sequence })
  }

  /** Lets it finish what runs; by force after `drainMs`. Resolves when it has ended. */
  drain(reason: string, drainMs: number): Promise<void> {
    if (!this.isEnding) {
      this.#end = { how: 'asked', reason, signal: null, blame: null, output: '' }
      if (this.#isReady) this.#send({ type: 'drain' })
      else this.#spawned.child.kill('SIGKILL')
      this.#drainTimer = setTimeout(() => this.#spawned.child.kill('SIGKILL'), drainMs)
    }
    return this.ended
  }

  /** At once. */
  kill(reason: string, blame: Blame | null = null): void {
    if (this.#isEnded) return
    if (this.#end?.how !== 'killed')
      this.#end = { how: 'killed', reason, signal: 'SIGKILL', blame, output: '' }
    // The child object knows whether its process was reaped, so this cannot hit a stranger with the same pid.
    this.#spawned.child.kill('SIGKILL')
  }

  async #loadAnew(load: CellLoad): Promise<number> {
    // Good for one start, and too much to be kept for the next.
    const { prefetched: _, ...kept } = load
    const entry = this.loads.add(kept)
    const timer = setTimeout(() => {
      entry.fail(loadTimedOut(this.#options.loadMs))
      this.unload(load.realm, load.deployment)
    }, this.#options.loadMs)
    this.#send({ type: 'load', id: entry.id, load })
    try {
      return await entry.done
    } finally {
      clearTimeout(timer)
    }
  }

  #send(message: ToCell): void {
    this.#channel.send(message)
  }

  #receive(value: unknown): void {
    try {
      this.#handle(parseCellMessage(value))
    } catch (thrown) {
      if (!(thrown instanceof PlatformError) || thrown.code !== 'PROTOCOL') throw thrown
      this.#killForLying(thrown)
    }
  }

  /** Code of its cordon has got out of its isolate: whoever was running is to blame. */
  #killForLying({ message }: PlatformError): void {
    this.#channel.close()
    const blame = suspects({ vitals: this.vitals, deployments: this.loads.all() })
    this.kill(`it broke the protocol: ${message}`, blame)
  }

  #handle(message: FromCell): void {
    switch (message.type) {
      case 'ready':
        this.#isReady = true
        this.#readyGate.resolve()
        break
      case 'loaded':
        this.loads.succeed(message.id, message.ms)
        break
      case 'load-failed':
        this.loads.fail(message.id, PlatformError.fromJSON(message.error))
        break
      case 'pong':
        this.loads.requireKnown(message.isolates)
        if (this.vitals.pong(message.id, message.isolates, this.#options.nowMs()))
          this.meter.reported(message.isolates, this.#options.nowMs())
        break
      case 'log':
        this.loads.requireKnown(message.entries)
        this.#events.onLog(this, message.entries)
        break
      case 'usage':
        this.#usage(message.window)
    }
  }

  #usage(window: UsageWindow): void {
    this.loads.requireKnown(window.rows)
    const verdict = this.#windows.accept(window)
    if (verdict === 'new') this.#events.onUsage(this, window)
    else if (verdict === 'acknowledged') this.#send({ type: 'usage-ack', sequence: window.sequence })
  }

  /** What the cell said before its end is still in the pipe, its last meter among it. */
  async #exited(code: number | null, signal: string | null): Promise<void> {
    this.#isEnded = true
    if (this.#drainTimer) clearTimeout(this.#drainTimer)
    this.#channel.refill()
    const late = Promise.withResolvers<void>()
    const timer = setTimeout(late.resolve, LAST_WORDS_MS)
    await Promise.race([this.#spawned.allRead, late.promise])
    clearTimeout(timer)
    this.#channel.close()
    const how = signal ? `it ended by ${signal}` : `it ended with exit status ${code}`
    this.#end ??= { how: 'crashed', reason: how, signal, blame: null, output: '' }
    this.#finish({ ...this.#end, signal, output: this.output.lastLines(3) })
  }

  #finish(end: CellEnd): void {
    const blamed = this.#events.onEnded(this, end)
    this.#readyGate.reject(cellGone(end.reason))
    for (const entry of this.loads.all()) {
      entry.fail(blamed.has(loadKey(entry.load)) ? loadHarmed(end.reason) : cellGone(end.reason))
    }
    void this.#spawned.cleanUp().finally(() => this.#endGate.resolve())
  }
}
