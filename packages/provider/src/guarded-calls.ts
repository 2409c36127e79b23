import { PlatformError } from '@openzimki/core'
import type { MachineDriver } from './machine-driver.ts'
import { PROVIDER_ERROR_CODES } from './provider-error-codes.ts'

const CLOSED_CODES: ReadonlySet<string> = new Set(PROVIDER_ERROR_CODES)

/** Runs a driver's work under a deadline, the caller's signal and the provider's own end, and wraps what it throws, once. */
export class GuardedCalls {
  readonly #driver: MachineDriver
  readonly #deadlineMs: number
  readonly #closing = new AbortController()
  #closed: Promise<void> | null = null

  constructor(driver: MachineDriver, deadlineMs: number) {
    this.#driver = driver
    this.#deadlineMs = deadlineMs
  }

  /** A driver that ignores its signal cannot hold the caller: the call rejects all the same. */
  async run<T>(work: (signal: AbortSignal) => Promise<T>, caller?: AbortSignal, extraMs = 0): Promise<T> {
    const deadlineMs = this.#deadlineMs + extraMs
    const deadline = AbortSignal.timeout(deadlineMs)
    const signal = AbortSignal.any([this.#closing.signal, deadline, ...(caller ? [caller] : [])])
    const stopped = () => {
      if (this.#closing.signal.aborted) return cancelled('the provider is closed')
      if (caller?.aborted) return cancelled('the caller gave up')
      return this.#timeout(deadlineMs)
    }
    if (signal.aborted) throw stopped()
    const aborted = Promise.withResolvers<never>()
    const onAbort = () => aborted.reject(stopped())
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      return await Promise.race([start(work, signal), aborted.promise])
    } catch (thrown) {
      throw signal.aborted ? stopped() : this.wrap(thrown)
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** Aborted when the provider is closed. */
  get closed(): AbortSignal {
    return this.#closing.signal
  }

  close(): Promise<void> {
    this.#closed ??= this.#closeOnce()
    return this.#closed
  }

  async #closeOnce(): Promise<void> {
    this.#closing.abort()
    try {
      await this.#driver.close()
    } catch (thrown) {
      throw this.wrap(thrown)
    }
  }

  /** What the driver threw, once, in a code of the contract. */
  wrap(thrown: unknown): PlatformError {
    const mapped: unknown = thrown instanceof PlatformError ? thrown : this.#driver.mapError(thrown)
    const error = mapped instanceof PlatformError ? mapped : ownError(mapped, thrown)
    if (CLOSED_CODES.has(error.code)) return error
    return new PlatformError('INTERNAL', error.message, { cause: error, details: { code: error.code } })
  }

  #timeout(deadlineMs: number): PlatformError {
    return new PlatformError(
      'TIMEOUT',
      `provider ${this.#driver.name} did not answer within ${deadlineMs} ms; what was asked for may have happened or not: ` +
        'repeat the call, and look at the provider with its check',
    )
  }
}

/** Also turns a synchronous throw into a rejection. */
async function start<T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
  return work(signal)
}

function cancelled(why: string): PlatformError {
  return new PlatformError('CANCELLED', `cancelled: ${why}; what was asked for may have happened or not`)
}

/** An adapter may have brought its own copy of the error's class, whose codes mean the same. */
function ownError(mapped: unknown, cause: unknown): PlatformError {
  if (!(mapped instanceof Error)) return PlatformError.from(cause)
  const { code, details } = mapped as { code?: unknown; details?: unknown }
  const shape = PlatformError.fromJSON({ code, message: mapped.message, details })
  return new PlatformError(shape.code, shape.message, { cause, details: shape.details })
}
