import { type ErrorCode, PlatformError } from '@openzimki/core'
import type { MachineProvider } from './contract.ts'

/** Outcomes of which it is not known whether the thing was done. */
const UNKNOWN_OUTCOME: readonly ErrorCode[] = ['INTERNAL', 'TIMEOUT']

export interface RetryOptions {
  /** In all, the first one included. */
  attempts: number
  /** Codes to repeat besides those whose outcome is unknown; NO_CAPACITY, where that passes. */
  alsoCodes?: readonly ErrorCode[]
  /** Resolves when the next attempt is due; `attempt` counts those that failed. Default: at once. */
  pause?(attempt: number): Promise<void>
}

/**
 * A provider that repeats what failed with an unknown outcome, up to `attempts` times in all. Sound because every method of the
 * contract may be repeated; hence a test of just that when put over a driver that loses answers.
 */
export function retryingProvider(provider: MachineProvider, options: number | RetryOptions): MachineProvider {
  const {
    attempts,
    alsoCodes = [],
    pause,
  }: RetryOptions = typeof options === 'number' ? { attempts: options } : options
  const codes = new Set<ErrorCode>([...UNKNOWN_OUTCOME, ...alsoCodes])
  const again = async <T>(work: () => Promise<T>): Promise<T> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work()
      } catch (thrown) {
        const error = PlatformError.from(thrown)
        if (attempt >= attempts || !codes.has(error.code)) throw error
        await pause?.(attempt)
      }
    }
  }
  return {
    name: provider.name,
    owner: provider.owner,
    manifest: provider.manifest,
    offerings: (options) => again(() => provider.offerings(options)),
    launch: (spec, options) => again(() => provider.launch(spec, options)),
    start: (id, options) => again(() => provider.start(id, options)),
    inspect: (id, options) => again(() => provider.inspect(id, options)),
    list: (options) => again(() => provider.list(options)),
    stop: (id, options) => again(() => provider.stop(id, options)),
    destroy: (id, options) => again(() => provider.destroy(id, options)),
    logs: (id, options) => again(() => provider.logs(id, options)),
    // Who watches sees to a broken watch himself.
    watch: (options) => provider.watch(options),
    check: (options) => provider.check(options),
    close: () => provider.close(),
  }
}
