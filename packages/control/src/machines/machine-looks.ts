import type { Clock } from '@openzimki/core'
import { PlatformError } from '@openzimki/core'
import type { Machine, MachineProvider } from '@openzimki/provider'

export interface MachineLooksOptions {
  clock: Clock
  /** It tells when a machine ends. */
  isHeard(provider: MachineProvider): boolean
  /** What is known of a machine that is heard of is believed for so long. */
  believeMs: number
}

interface Look {
  provider: MachineProvider
  machine: Machine
  atMs: number
}

/** Looks at machines without asking a provider again for what it would have told. */
export class MachineLooks {
  readonly #options: MachineLooksOptions
  readonly #known = new Map<string, Look>()
  /** Changes that were told; what was asked before one and answered after it is not kept. */
  #changes = 0

  constructor(options: MachineLooksOptions) {
    this.#options = options
  }

  /** Null: there is none. Errors: those of `inspect`, but for NOT_FOUND. */
  async at(provider: MachineProvider, id: string): Promise<Machine | null> {
    const { clock, isHeard, believeMs } = this.#options
    const known = this.#known.get(id)
    const isFresh = known?.provider === provider && clock.monotonicMs() - known.atMs < believeMs
    if (isFresh && isHeard(provider)) return known.machine
    this.#known.delete(id)
    const before = this.#changes
    const machine = await provider.inspect(id).catch(nullIfNotFound)
    const isWorking = machine?.state === 'running' || machine?.state === 'starting'
    if (machine && isWorking && before === this.#changes && isHeard(provider))
      this.#known.set(id, { provider, machine, atMs: clock.monotonicMs() })
    return machine
  }

  /** Something happened to it; null: to any machine of the provider. */
  changed(provider: MachineProvider, id: string | null): void {
    this.#changes += 1
    if (id !== null) this.#known.delete(id)
    else for (const [one, look] of this.#known) if (look.provider === provider) this.#known.delete(one)
  }

  forget(id: string): void {
    this.#known.delete(id)
  }
}

function nullIfNotFound(error: unknown): null {
  if (error instanceof PlatformError && error.code === 'NOT_FOUND') return null
  throw error
}
