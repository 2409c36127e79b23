import {
  type AgentCalls,
  type CellLoad,
  type CellStatus,
  type LogEntry,
  type Offender,
  PlatformError,
  type UsageWindow,
} from '@openzimki/core'
import type { AgentSettings } from './agent-config.ts'
import { blame } from './blame.ts'
import { Cell, type CellEnd } from './cell.ts'
import { draining } from './cell-error.ts'
import type { SpawnCell } from './cell-spawner.ts'
import { CordonCells } from './cordon-cells.ts'
import { judgeCell, type Verdict } from './judge-cell.ts'
import { loadKey, parseLoadKey } from './load-table.ts'
import { Quarantine } from './quarantine.ts'
import { SpareCells } from './spare-cells.ts'

export interface SupervisorOptions {
  settings: AgentSettings
  spawnCell: SpawnCell
  /** Monotonic. */
  nowMs: () => number
  /** Resident memory of a process, or null where it cannot be told. */
  rssBytes: (pid: number) => Promise<number | null>
  /** CPU milliseconds that a process has burned; null: not known. */
  cpuMs: (pid: number) => Promise<number | null>
  onUsage(cell: Cell, window: UsageWindow): void
  onLog(cell: Cell, entries: LogEntry[]): void
  onSpare(spare: { cell: string; address: string }): void
  /** A cell that served is no more; its other deployments are being loaded again. */
  onGone(gone: { cell: string; cordon: string | null; reason: string; offenders: Offender[] }): void
  /** For the machine's own log. */
  note(text: string): void
}

const CHANNEL_BOUNDS = { messageBytes: 16 << 20, burstBytes: 8 << 20, backlogBytes: 64 << 20 }
/** A load whose cell goes away under it is tried this often. */
const ATTEMPTS = 3

/** Starts, watches, kills and restarts the cells of one machine. */
export class Supervisor {
  readonly #options: SupervisorOptions
  readonly #cells = new Set<Cell>()
  /** Those whose processes are just being started. */
  readonly #starting = new Set<Promise<Cell>>()
  readonly #spares: SpareCells
  readonly #homes: CordonCells
  readonly #quarantine: Quarantine
  #isDraining = false

  constructor(options: SupervisorOptions) {
    this.#options = options
    const { settings, note } = options
    this.#quarantine = new Quarantine(options.nowMs)
    this.#spares = new SpareCells({
      count: settings.spares,
      start: () => this.#startCell(),
      onReady: ({ id, address }) => options.onSpare({ cell: id, address }),
      onFailure: (error, retryMs) =>
        note(`spare cell: ${PlatformError.from(error).message}; again in ${retryMs} ms`),
    })
    this.#homes = new CordonCells({ take: () => this.#spares.take(), maxCells: settings.maxCells })
  }

  /** Starts the first spares. */
  start(): void {
    this.#spares.fill()
  }

  /** AgentCalls['cell.load']. */
  async load(cordon: string, load: CellLoad): Promise<AgentCalls['cell.load'][1]> {
    for (let attempt = 1; ; attempt += 1) {
      if (this.#isDraining) throw draining()
      const group = this.#quarantine.group(load)
      try {
        return await this.#homes.use(cordon, group, async (cell) => {
          const ms = await cell.load(load)
          return { cell: cell.id, address: cell.address, ms }
        })
      } catch (thrown) {
        const error = PlatformError.from(thrown)
        this.#retireEmpty(cordon)
        if (error.code !== 'UNAVAILABLE' || attempt === ATTEMPTS) throw error
      }
    }
  }

  /** A cell that is left without a deployment is ended: idle realms cost no process. */
  unload(cordon: string, realm: string, deployment: string): void {
    for (const cell of this.#homes.cellsOf(cordon)) cell.unload(realm, deployment)
    this.#retireEmpty(cordon)
  }

  renew(cordon: string, realm: string, deployment: string, capability: string): void {
    for (const cell of this.#homes.cellsOf(cordon)) cell.renew(realm, deployment, capability)
  }

  async list(): Promise<CellStatus[]> {
    return Promise.all(
      [...this.#cells].map(async (cell) => ({
        cell: cell.id,
        cordon: cell.cordon,
        address: cell.address,
        pid: cell.pid,
        rssBytes: (await this.#options.rssBytes(cell.pid)) ?? 0,
        ...(cell.meter.processCpus === null ? {} : { cpus: cell.meter.processCpus }),
        isolates: cell.reports(),
      })),
    )
  }

  /** Where a cell of this machine listens; null: there is no such cell. */
  addressOf(id: string): string | null {
    for (const cell of this.#cells) if (cell.id === id) return cell.address
    return null
  }

  /** Pings and judges every cell. `lateMs`: how long the agent itself stood still, which is no cell's fault. */
  async watch(lateMs: number): Promise<void> {
    await Promise.all([...this.#cells].map((cell) => this.#watchOne(cell, lateMs)))
  }

  /** Ends all cells in order; resolves when they are gone. New loads are refused from now on. */
  async drain(reason: string): Promise<void> {
    this.#isDraining = true
    this.#spares.close()
    const cells = [...this.#cells].map((cell) => cell.drain(reason, this.#options.settings.drainMs))
    await Promise.all([...cells, Promise.allSettled(this.#starting)])
  }

  async #startCell(): Promise<Cell> {
    const coming = this.#newCell()
    this.#starting.add(coming)
    try {
      return await coming
    } finally {
      this.#starting.delete(coming)
    }
  }

  async #newCell(): Promise<Cell> {
    const { spawnCell, settings, nowMs, onUsage, onLog } = this.#options
    const cell = new Cell(
      await spawnCell(),
      { channel: CHANNEL_BOUNDS, loadMs: settings.loadMs, smoothMs: settings.smoothMs, nowMs },
      { onUsage, onLog, onEnded: (ended, end) => this.#onEnded(ended, end) },
    )
    this.#cells.add(cell)
    if (this.#isDraining) await cell.drain('the machine ends', 0)
    return cell
  }

  async #watchOne(cell: Cell, lateMs: number): Promise<void> {
    if (cell.isEnding) return
    cell.vitals.excuse(lateMs)
    const { rssBytes: askRss, cpuMs: askCpu, nowMs } = this.#options
    const [rssBytes, cpuMs] = await Promise.all([askRss(cell.pid), askCpu(cell.pid)])
    cell.meter.processRan(cpuMs, nowMs())
    const facts = { isReady: cell.isReady, vitals: cell.vitals, rssBytes, deployments: cell.loads.all() }
    const verdict = judgeCell(facts, this.#options.settings, nowMs())
    if (cell.isEnding) return
    if (verdict) this.#execute(cell, verdict)
    else cell.ping()
  }

  #execute(cell: Cell, verdict: Verdict): void {
    if (verdict.act === 'kill') cell.kill(verdict.reason, verdict.blame)
    else void this.#replace(cell, verdict.reason)
  }

  /** Moves what a cell holds to a new one, then lets it finish. */
  async #replace(cell: Cell, reason: string): Promise<void> {
    const { cordon } = cell
    this.#homes.forget(cell)
    const loads = cell.loads.all().map(({ load }) => load)
    if (cordon !== null) {
      await this.#loadAgain(cordon, loads)
      this.#options.onGone({ cell: cell.id, cordon, reason, offenders: [] })
    }
    await cell.drain(reason, this.#options.settings.drainMs)
  }

  #onEnded(cell: Cell, end: CellEnd): ReadonlySet<string> {
    this.#cells.delete(cell)
    this.#homes.forget(cell)
    this.#spares.ended(cell)
    if (end.how === 'asked') return new Set()
    const reason = end.output ? `${end.reason}; it said: ${end.output}` : end.reason
    this.#options.note(`cell ${cell.id} (pid ${cell.pid}) is gone: ${reason}`)
    const { cordon } = cell
    if (cordon === null) return new Set()
    const { guilty, parted } = blame(cell, end)
    const offenders = guilty.map((key) => this.#strike(cell, key, end.reason))
    this.#quarantine.suspect(parted)
    this.#options.onGone({ cell: cell.id, cordon, reason, offenders })
    const bystanders = cell.loads
      .all()
      .filter(
        ({ load, isLoading }) =>
          !isLoading && !guilty.includes(loadKey(load)) && !parted.includes(loadKey(load)),
      )
    void this.#loadAgain(
      cordon,
      bystanders.map(({ load }) => load),
    )
    return new Set(guilty)
  }

  #strike(cell: Cell, key: string, reason: string): Offender {
    const { realm, deployment } = parseLoadKey(key)
    const refused = this.#quarantine.strike(key, reason)
    this.#options.note(
      `deployment ${key} brought cell ${cell.id} down: ${reason}${refused ? '; it is refused' : ''}`,
    )
    return { realm, deployment, reason, refused }
  }

  /** Failures are for the log: whoever needs the deployment asks for it and hears the same. */
  async #loadAgain(cordon: string, loads: CellLoad[]): Promise<void> {
    if (this.#isDraining) return
    const results = await Promise.allSettled(loads.map((load) => this.load(cordon, load)))
    for (const result of results) {
      if (result.status === 'fulfilled') continue
      this.#options.note(`not loaded again: ${PlatformError.from(result.reason).message}`)
    }
  }

  #retireEmpty(cordon: string): void {
    for (const cell of this.#homes.takeEmpty(cordon)) {
      void cell.drain('nothing is left in it', this.#options.settings.drainMs)
    }
  }
}
