import { PlatformError } from '@openzimki/core'
import type { MachineProvider } from '@openzimki/provider'
import type { ControlContext } from '../control-context.ts'
import type { AgentHub } from './agent-hub.ts'
import type { MachineRegistry } from './machine-registry.ts'

export interface MachineKeeperOptions {
  context: ControlContext
  provider: MachineProvider
  hub: AgentHub
  registry: MachineRegistry
  size: string
  zone: string | null
  /** A machine is gone for good. */
  onRemoved: (machine: string) => Promise<void>
  /** The agent's environment. */
  env: (machine: { id: string; joinToken: string }) => Record<string, string>
  /** A machine whose agent has not joined by then is replaced. */
  joinMs: number
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
  #failures = 0
  #wake: (() => void) | null = null

  constructor(options: MachineKeeperOptions) {
    this.#options = options
  }

  /** Resolves after the first attempt; when it failed there are more. The agent may not have joined yet. */
  async start(): Promise<void> {
    await this.#attempt(() => this.#destroyStrays())
    await this.#attempt(() => this.#ensure())
    this.#running = this.#keep()
  }

  /** An agent is gone: look now. */
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
      await this.#remove(id)
    }
  }

  async #keep(): Promise<void> {
    while (!this.#closed.signal.aborted) {
      await this.#sleep(this.#pauseMs())
      if (this.#closed.signal.aborted) return
      await this.#attempt(() => this.#ensure())
    }
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#failures += 1
      this.#options.context.log('error', 'No machine could be launched; it will be tried again', {
        error: String(error),
      })
    }
  }

  /** One machine, whose agent has joined or still has time to. */
  async #ensure(): Promise<void> {
    const { context, registry } = this.#options
    let kept = 0
    for (const row of await registry.all()) {
      const reason = await this.#whyReplace(row.id)
      if (this.#closed.signal.aborted) return
      if (reason === null) {
        kept += 1
        continue
      }
      context.log('warn', 'A machine is replaced', { machine: row.id, reason })
      this.#failures += 1
      await this.#remove(row.id)
    }
    if (kept === 0) await this.#launch()
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

  async #remove(id: string): Promise<void> {
    this.#since.delete(id)
    await this.#options.provider.destroy(id)
    await this.#options.registry.remove(id)
    await this.#options.onRemoved(id)
  }

  /** Machines that carry our tag and are not registered: left behind by a crash between two steps. */
  async #destroyStrays(): Promise<void> {
    const { context, provider, registry } = this.#options
    const known = new Set((await registry.all()).map((row) => row.id))
    for (const machine of await provider.list()) {
      if (known.has(machine.id)) continue
      context.log('warn', 'A machine that nobody knows was found and destroyed', { machine: machine.id })
      await provider.destroy(machine.id)
    }
  }

  #pauseMs(): number {
    const { hub, backoff } = this.#options
    if (hub.all().length > 0) return CALM_MS
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
