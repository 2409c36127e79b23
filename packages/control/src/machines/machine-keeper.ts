import { PlatformError } from '@openzimki/core'
import type { MachineProvider } from '@openzimki/provider'
import type { ControlContext } from '../control-context.ts'
import type { MachineRow } from '../database/rows.ts'
import type { AgentHub } from './agent-hub.ts'
import type { MachineRegistry } from './machine-registry.ts'

export interface MachineKeeperOptions {
  context: ControlContext
  provider: MachineProvider
  hub: AgentHub
  registry: MachineRegistry
  size: string
  zone: string | null
  /** The agent's environment. */
  env: (machine: { id: string; joinToken: string }) => Record<string, string>
  /** A machine whose agent has not joined by then is replaced. */
  joinMs: number
  backoff: { firstMs: number; maxMs: number }
}

/** Keeps one machine with a joined agent, and destroys machines of ours that nobody knows. */
export class MachineKeeper {
  readonly #options: MachineKeeperOptions
  readonly #closed = new AbortController()
  #running: Promise<void> | null = null
  #failures = 0
  #wake: (() => void) | null = null

  constructor(options: MachineKeeperOptions) {
    this.#options = options
  }

  /** Resolves when the first machine was launched, or one from before is still there; its agent may not have joined yet. */
  async start(): Promise<void> {
    await this.#destroyStrays()
    await this.#ensure('may still join')
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
      await this.#sleep(this.#failures > 0 ? this.#backoffMs() : this.#options.joinMs)
      if (this.#closed.signal.aborted) return
      try {
        await this.#ensure('must join')
      } catch (error) {
        this.#failures += 1
        this.#options.context.log('error', 'No machine could be launched; trying again', {
          error: String(error),
        })
      }
    }
  }

  /** One machine, whose agent has joined or still has time to. */
  async #ensure(patience: 'may still join' | 'must join'): Promise<void> {
    const { context, hub, registry } = this.#options
    const known = await registry.all()
    let kept = 0
    for (const row of known) {
      const reason = await this.#whyReplace(row, patience)
      if (this.#closed.signal.aborted) return
      if (reason === null) {
        kept += 1
        if (hub.get(row.id)) this.#failures = 0
        continue
      }
      context.log('warn', 'A machine is replaced', { machine: row.id, reason })
      this.#failures += 1
      await this.#remove(row.id)
    }
    if (kept === 0) await this.#launch()
  }

  async #whyReplace(row: MachineRow, patience: 'may still join' | 'must join'): Promise<string | null> {
    const { hub, provider, joinMs } = this.#options
    if (hub.get(row.id)) return null
    const machine = await provider.inspect(row.id).catch(nullIfNotFound)
    if (machine?.state !== 'running' && machine?.state !== 'starting') {
      return machine?.reason ?? `it is ${machine?.state ?? 'gone'}`
    }
    if (patience === 'may still join') return null
    const joined = await hub.waitFor(row.id, joinMs, this.#closed.signal)
    return joined ? null : 'its agent does not join'
  }

  async #launch(): Promise<void> {
    const { context, provider, registry, size, zone, env } = this.#options
    const id = `m-${context.randomUUID()}`
    const joinToken = await registry.add(id)
    await provider.launch({ id, size, zone, env: env({ id, joinToken }) })
  }

  async #remove(id: string): Promise<void> {
    await this.#options.provider.destroy(id)
    await this.#options.registry.remove(id)
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

  #backoffMs(): number {
    const { firstMs, maxMs } = this.#options.backoff
    return Math.min(maxMs, firstMs * 2 ** Math.min(20, this.#failures - 1))
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
