import { PlatformError } from '@openzimki/core'
import type { PoolState } from '@openzimki/placement'
import type { Offering } from '@openzimki/provider'
import type { ControlContext } from '../control-context.ts'
import type { PoolOptions } from '../control-options.ts'

export interface MachinePoolParts {
  options: PoolOptions
  context: ControlContext
  backoff: { firstMs: number; maxMs: number }
  /** It may be used again. */
  onRecovered: () => void
}

/** Until its provider has said what its machines have. */
const UNKNOWN = { memoryBytes: 2 ** 30, cpus: 1, price: null }

/** One pool of machines: what it may launch, what that costs now, and whether its provider is left alone for a while. */
export class MachinePool {
  readonly options: PoolOptions
  readonly #parts: MachinePoolParts
  #offering: Pick<Offering, 'memoryBytes' | 'cpus' | 'price'> = UNKNOWN
  #failures = 0
  #backoff: string | null = null
  #timer: NodeJS.Timeout | null = null

  constructor(parts: MachinePoolParts) {
    this.options = parts.options
    this.#parts = parts
  }

  get name(): string {
    return this.options.name
  }

  state(): PoolState {
    const { name, group = null, zone, provider, floor, ceiling, spares, prepared = 0 } = this.options
    const { priceCeiling } = this.options
    const { memoryBytes, cpus, price } = this.#offering
    return {
      ...{ name, group, zone },
      ...{ isolation: provider.manifest.isolation, floor, ceiling, spares, prepared, memoryBytes, cpus },
      ...{ price: price?.amount ?? null, priceCeiling, backoff: this.#backoff },
    }
  }

  /** Of what `state().price` is. */
  get currency(): string | null {
    return this.#offering.price?.currency ?? null
  }

  /** Asks what its size has and costs now. A failure is remembered and not thrown. */
  async refresh(): Promise<void> {
    const { provider, size, zone } = this.options
    try {
      const offerings = await provider.offerings()
      const ours = offerings.find((one) => one.size === size && (zone === null || one.zone === zone))
      if (ours) this.#offering = ours
    } catch (error) {
      this.failed(error)
    }
  }

  /** A machine joined and stays: what failed before is forgotten. */
  succeeded(): void {
    this.#failures = 0
  }

  /** Its provider is left alone for a while, longer each time. */
  failed(thrown: unknown): void {
    const { code, message } = PlatformError.from(thrown)
    const { context, backoff, onRecovered } = this.#parts
    const ms = Math.min(backoff.maxMs, backoff.firstMs * 2 ** Math.min(20, this.#failures))
    this.#failures += 1
    this.#backoff = `its provider fails (${code}: ${message})`
    context.log('warn', 'A pool of machines is left alone for a while', {
      pool: this.name,
      ms,
      code,
      message,
    })
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#backoff = null
      onRecovered()
    }, ms)
    this.#timer.unref()
  }

  close(): void {
    if (this.#timer) clearTimeout(this.#timer)
  }
}
