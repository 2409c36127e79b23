import { PlatformError } from '@openzimki/core'
import type { ControlContext } from '../control-context.ts'
import type { MachineOptions } from '../control-options.ts'
import type { MachineRow } from '../database/rows.ts'
import type { LeftBehindIntake } from '../metering/left-behind-intake.ts'
import type { AgentHub } from './agent-hub.ts'
import type { MachineRegistry } from './machine-registry.ts'

export interface MachineKeeperOptions extends MachineOptions {
  context: ControlContext
  hub: AgentHub
  registry: MachineRegistry
  takeLeft: LeftBehindIntake
  /** A machine is gone for good, and nothing is left of it. */
  onRemoved: (machine: string) => Promise<void>
  /** A machine whose agent has not joined by then is replaced. */
  joinMs: number
  /** What a machine that is replaced while it works has to finish what it answers. */
  drainMs: number
  /** Between looks for strays. */
  strayMs: number
  backoff: { firstMs: number; maxMs: number }
}

/** An agent that stayed this long makes up for failures before it. */
const STEADY_MS = 30_000
/** How often a machine is looked at while its agent is there. What happens meanwhile wakes the keeper. */
const CALM_MS = 5_000

/** Keeps one machine with a joined agent, and destroys machines of ours that nobody knows. */
export class MachineKeeper {
  readonly #options: MachineKeeperOptions
  readonly #closed = new AbortController()
  #running: Promise<void> | null = null
  /** Since when each machine has had, or lacked, an agent (monotonic). */
  readonly #since = new Map<string, { joined: boolean; atMs: number }>()
  /** Since when each condemned machine waits for its successor (monotonic). */
  readonly #condemned = new Map<string, number>()
  #strayAtMs = 0
  /** Machines that are to go, and whose successor is not there yet. */
  #leaving = 0
  #failures = 0
  #wake: (() => void) | null = null

  constructor(options: MachineKeeperOptions) {
    this.#options = options
  }

  /** Resolves after the first attempt; when it failed there are more. The agent may not have joined yet. */
  async start(): Promise<void> {
    await this.#attempt('Machines that nobody knows could not be found', () => this.#destroyStrays())
    await this.#attempt('No machine could be launched', () => this.#ensure())
    this.#running = this.#keep()
  }

  /** An agent came or went, or a machine was condemned: look now. */
  wake(): void {
    this.#wake?.()
  }

  /** Stops keeping. With a grace the machines are stopped and forgotten too; with null they live on. */
  async close(graceMs: number | null): Promise<void> {
    this.#closed.abort()
    this.wake()
    await this.#running
    if (graceMs === null) return
    const { provider, registry } = this.#options
    for (const { id } of await registry.all()) {
      await provider.stop(id, { graceMs }).catch(nullIfNotFound)
      await this.#attempt('A machine could not be removed', () => this.#remove(id))
    }
  }

  async #keep(): Promise<void> {
    while (!this.#closed.signal.aborted) {
      await this.#sleep(this.#pauseMs())
      if (this.#closed.signal.aborted) return
      await this.#attempt('No machine could be launched or replaced', () => this.#ensure())
      const nowMs = this.#options.context.clock.monotonicMs()
      if (nowMs - this.#strayAtMs < this.#options.strayMs) continue
      await this.#attempt('Machines that nobody knows could not be found', () => this.#destroyStrays())
    }
  }

  async #attempt(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#failures += 1
      this.#options.context.log('error', `${what}; it will be tried again`, { error: String(error) })
    }
  }

  /** One machine that is trusted, whose agent has joined or still has time to. */
  async #ensure(): Promise<void> {
    const { hub, registry } = this.#options
    const kept: MachineRow[] = []
    const condemned: MachineRow[] = []
    for (const row of await registry.all()) {
      const reason = await this.#whyReplace(row.id)
      if (this.#closed.signal.aborted) return
      if (reason !== null) await this.#replace(row.id, reason)
      else if (row.condemned === null) kept.push(row)
      else condemned.push(row)
    }
    this.#leaving = condemned.length
    try {
      if (kept.length === 0) await this.#launch()
    } finally {
      const isRelieved = kept.some(({ id }) => hub.get(id) !== null)
      for (const row of condemned) if (isRelieved || this.#waitedFor(row)) await this.#retire(row)
    }
  }

  /** Its agent is gone already, or was never there. */
  async #replace(id: string, reason: string): Promise<void> {
    this.#options.context.log('warn', 'A machine is replaced', { machine: id, reason })
    this.#failures += 1
    await this.#attempt('A machine could not be removed', () => this.#remove(id))
  }

  /** One that works and is not trusted any more: nothing new was given to it since, and its successor is there. */
  async #retire({ id, condemned }: MachineRow): Promise<void> {
    const { context, hub, drainMs } = this.#options
    context.log('warn', 'A machine is replaced', { machine: id, reason: condemned })
    try {
      await hub.get(id)?.call('agent.drain', null, { timeoutMs: drainMs, signal: this.#closed.signal })
    } catch (error) {
      context.log('warn', 'A machine that is replaced did not drain', { machine: id, error: String(error) })
    }
    if (this.#closed.signal.aborted) return
    await this.#attempt('A machine could not be removed', () => this.#remove(id))
    this.#leaving -= 1
  }

  /** Long enough for a successor that does not come. */
  #waitedFor({ id }: MachineRow): boolean {
    const nowMs = this.#options.context.clock.monotonicMs()
    const fromMs = this.#condemned.get(id) ?? nowMs
    this.#condemned.set(id, fromMs)
    return nowMs - fromMs >= this.#options.joinMs
  }

  /** Null: it has an agent, or its agent has still time to join. */
  async #whyReplace(id: string): Promise<string | null> {
    const { context, hub, provider, joinMs } = this.#options
    const nowMs = context.clock.monotonicMs()
    const since = this.#since.get(id)
    const joined = hub.get(id) !== null
    if (since?.joined !== joined) this.#since.set(id, { joined, atMs: nowMs })
    const forMs = since?.joined === joined ? nowMs - since.atMs : 0
    if (joined) {
      if (forMs >= STEADY_MS) this.#failures = 0
      return null
    }
    const machine = await provider.inspect(id).catch(nullIfNotFound)
    if (machine?.state !== 'running' && machine?.state !== 'starting') {
      return machine?.reason ?? `it is ${machine?.state ?? 'gone'}`
    }
    return forMs < joinMs ? null : 'its agent does not join'
  }

  async #launch(): Promise<void> {
    const { context, provider, registry, size, zone, env } = this.#options
    const id = `m-${context.randomUUID()}`
    const joinToken = await registry.add(id)
    this.#since.set(id, { joined: false, atMs: context.clock.monotonicMs() })
    await provider.launch({ id, size, zone, env: env({ id, joinToken }) })
  }

  /** May be repeated from any point on: what it left is taken before it is forgotten. */
  async #remove(id: string): Promise<void> {
    const { provider, hub, registry, leftBehind, takeLeft, onRemoved } = this.#options
    await provider.destroy(id)
    // What was cut off in mid-air says nothing; the routes must not wait until it is missed.
    hub.get(id)?.disconnect()
    const left = leftBehind?.(id)
    if (left) await takeLeft.take(id, left)
    await left?.forget()
    await registry.remove(id)
    await onRemoved(id)
    this.#since.delete(id)
    this.#condemned.delete(id)
  }

  /**
   * Machines that carry our owner's tag, which alone is what a provider lists, and are not registered: left behind by a crash between
   * two steps, or by a launch that was given up and came true later. A machine is registered before it is launched.
   */
  async #destroyStrays(): Promise<void> {
    const { context, provider, registry } = this.#options
    this.#strayAtMs = context.clock.monotonicMs()
    const found = await provider.list()
    const known = new Set((await registry.all()).map((row) => row.id))
    for (const machine of found) {
      if (known.has(machine.id)) continue
      context.log('warn', 'A machine that nobody knows was found and destroyed', { machine: machine.id })
      await provider.destroy(machine.id)
    }
  }

  #pauseMs(): number {
    const { hub, backoff } = this.#options
    if (this.#leaving === 0 && hub.all().length > 0) return CALM_MS
    return Math.min(backoff.maxMs, backoff.firstMs * 2 ** Math.min(20, this.#failures))
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(done, ms)
      timer.unref()
      this.#wake = done
    })
  }
}

function nullIfNotFound(error: unknown): null {
  if (error instanceof PlatformError && error.code === 'NOT_FOUND') return null
  throw error
}
