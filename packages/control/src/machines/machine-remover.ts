import { PlatformError } from '@openzimki/core'
import type { MachineProvider } from '@openzimki/provider'
import type { ControlContext } from '../control-context.ts'
import type { MachineOptions } from '../control-options.ts'
import type { LeftBehindIntake } from '../metering/left-behind-intake.ts'
import type { AgentHub } from './agent-hub.ts'
import type { MachineRegistry } from './machine-registry.ts'

export interface MachineRemoverParts {
  context: ControlContext
  hub: AgentHub
  registry: MachineRegistry
  leftBehind: MachineOptions['leftBehind']
  takeLeft: LeftBehindIntake
  /** A machine is gone for good, and nothing is left of it. */
  onRemoved: (machine: string) => Promise<void>
  /** What a machine has to finish what it answers. */
  drainMs: number
}

/** The way out for machines: what they still have to say is taken first. */
export class MachineRemover {
  readonly #parts: MachineRemoverParts

  constructor(parts: MachineRemoverParts) {
    this.#parts = parts
  }

  /** One that works: its agent ends its cells in order and ships their meters. Gives way when `signal` aborts. */
  async retire(id: string, provider: MachineProvider, signal: AbortSignal): Promise<void> {
    const { context, hub, drainMs } = this.#parts
    try {
      await hub.get(id)?.call('agent.drain', null, { timeoutMs: drainMs, signal })
    } catch (error) {
      context.log('warn', 'A machine that is replaced did not drain', { machine: id, error: String(error) })
    }
    if (!signal.aborted) await this.remove(id, provider)
  }

  /** May be repeated from any point on: what it left is taken before it is forgotten. */
  async remove(id: string, provider: MachineProvider): Promise<void> {
    const { hub, registry, leftBehind, takeLeft, onRemoved } = this.#parts
    await provider.destroy(id)
    // Nothing of it that is still on its way counts any more.
    hub.get(id)?.disconnect()
    const left = leftBehind?.(id)
    if (left) await takeLeft.take(id, left)
    await left?.forget()
    await registry.remove(id)
    await onRemoved(id)
  }

  /** At the end of control. */
  async stop(id: string, provider: MachineProvider, graceMs: number): Promise<void> {
    await provider.stop(id, { graceMs }).catch((error: unknown) => {
      if (!(error instanceof PlatformError && error.code === 'NOT_FOUND')) throw error
    })
    await this.remove(id, provider)
  }
}
