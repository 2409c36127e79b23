import { setTimeout as delay } from 'node:timers/promises'
import { PlatformError } from '@openzimki/core'
import type { MachineProvider } from '@openzimki/provider'
import type { ControlLog } from '../control-context.ts'

export interface FleetWatchOptions {
  providers: ReadonlySet<MachineProvider>
  backoff: { firstMs: number; maxMs: number }
  /** A machine is to be looked at, or, null, all of this provider. Called at most once in `GAP_MS` for each provider. */
  onChange(provider: MachineProvider, machine: string | null): void
  log: ControlLog
  closed: AbortSignal
}

/** A provider that floods wakes nobody more often. */
const GAP_MS = 50
/** A watch that held for so long makes up for those before it that broke. */
const STEADY_MS = 30_000

/** Hears from the providers that tell of their machines' ends. One that cannot be heard is tried again, later and later, and looked at meanwhile. */
export class FleetWatch {
  readonly #options: FleetWatchOptions
  readonly #heard = new Set<MachineProvider>()
  #running: Promise<unknown> = Promise.resolve()

  constructor(options: FleetWatchOptions) {
    this.#options = options
  }

  start(): void {
    const watched = [...this.#options.providers].filter(({ manifest }) => manifest.watch === true)
    this.#running = Promise.all(watched.map((provider) => this.#keepHearing(provider)))
  }

  /** It will tell when one of its machines ends. */
  isHeard(provider: MachineProvider): boolean {
    return this.#heard.has(provider)
  }

  /** After `closed` was aborted. */
  async ended(): Promise<void> {
    await this.#running
  }

  async #keepHearing(provider: MachineProvider): Promise<void> {
    const { backoff, closed } = this.#options
    let failures = 0
    while (!closed.aborted) {
      const startedMs = performance.now()
      try {
        await this.#hear(provider)
      } catch (error) {
        this.#tell(provider, error, failures === 0)
      } finally {
        this.#heard.delete(provider)
      }
      failures = performance.now() - startedMs >= STEADY_MS ? 1 : failures + 1
      const pauseMs = Math.min(backoff.maxMs, backoff.firstMs * 2 ** Math.min(20, failures - 1))
      await delay(pauseMs, undefined, { signal: closed, ref: false }).catch(() => undefined)
    }
  }

  async #hear(provider: MachineProvider): Promise<void> {
    const { closed, onChange } = this.#options
    for await (const machine of provider.watch({ signal: closed })) {
      if (machine === null) this.#heard.add(provider)
      onChange(provider, machine)
      await delay(GAP_MS, undefined, { signal: closed, ref: false }).catch(() => undefined)
    }
  }

  #tell(provider: MachineProvider, error: unknown, isFirst: boolean): void {
    const { log, closed } = this.#options
    if (closed.aborted || !isFirst) return
    const { code, message } = PlatformError.from(error)
    log('warn', 'A provider cannot be heard; its machines are looked at until it can', {
      ...{ provider: provider.name, code, message },
    })
  }
}
