import type { FromCell, LogEntry, ToCell } from '@openzimki/core'
import { PlatformError } from '@openzimki/core'
import type { Cell } from './cell.ts'
import type { CellMeter } from './cell-meter.ts'

const LOG_FLUSH_MS = 50
const MAX_LOG_ENTRIES = 1_000
const MAX_LOG_CHARS = 8 * 1024

export interface CellChannelOptions {
  send(message: FromCell): void
  cell: Cell
  meter: CellMeter
  logs: LogShipper
  end(): void
}

/** The cell's side of the agent's channel (core/src/cell-protocol.ts). */
export class CellChannel {
  readonly #send: (message: FromCell) => void
  readonly #cell: Cell
  readonly #meter: CellMeter
  readonly #logs: LogShipper
  readonly #end: () => void

  constructor(options: CellChannelOptions) {
    this.#send = options.send
    this.#cell = options.cell
    this.#meter = options.meter
    this.#logs = options.logs
    this.#end = options.end
  }

  receive(message: ToCell): void {
    if (message.type === 'load') void this.#load(message)
    else if (message.type === 'unload') this.#cell.unload(message.realm, message.deployment)
    else if (message.type === 'renew') this.#cell.renew(message.realm, message.deployment, message.capability)
    else if (message.type === 'usage-ack') this.#meter.acknowledge(message.sequence)
    else if (message.type === 'drain') void this.#drain()
    else if (message.type === 'ping')
      this.#send({
        type: 'pong',
        id: message.id,
        rssBytes: process.memoryUsage.rss(),
        isolates: this.#cell.reports(),
      })
  }

  async #load({ id, load }: ToCell & { type: 'load' }): Promise<void> {
    const startedMs = performance.now()
    try {
      await this.#cell.load(load)
      this.#send({ type: 'loaded', id, ms: performance.now() - startedMs })
    } catch (error) {
      this.#send({ type: 'load-failed', id, error: PlatformError.from(error).toJSON() })
    }
  }

  /** Finishes what runs, ships the log and the meter, waits until the meter is acknowledged, ends. */
  async #drain(): Promise<void> {
    const deadlineMs = performance.now() + 30_000
    while (this.#cell.active > 0 && performance.now() < deadlineMs) await pause(20)
    this.#logs.flush()
    this.#meter.flush()
    const ackDeadlineMs = performance.now() + 5_000
    while (!this.#meter.empty && performance.now() < ackDeadlineMs) await pause(20)
    this.#end()
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Collects log entries and ships them in batches; what is too much is dropped, and said so. */
export class LogShipper {
  readonly #send: (message: FromCell) => void
  #entries: LogEntry[] = []
  #dropped = 0
  #timer: NodeJS.Timeout | null = null

  constructor(send: (message: FromCell) => void) {
    this.#send = send
  }

  readonly add = (entry: LogEntry): void => {
    const text = entry.text.slice(0, MAX_LOG_CHARS)
    if (this.#entries.length < MAX_LOG_ENTRIES) this.#entries.push({ ...entry, text })
    else this.#dropped++
    this.#timer ??= setTimeout(() => this.flush(), LOG_FLUSH_MS)
  }

  flush(): void {
    this.#timer = null
    const entries = this.#entries
    this.#entries = []
    const last = entries.at(-1)
    if (this.#dropped > 0 && last) {
      entries.push({
        ...last,
        request: null,
        level: 'warn',
        text: `${this.#dropped} log lines were dropped: too many at once`,
      })
      this.#dropped = 0
    }
    if (entries.length > 0) this.#send({ type: 'log', entries })
  }
}
