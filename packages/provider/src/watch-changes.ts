import { PlatformError } from '@openzimki/core'
import type { GuardedCalls } from './guarded-calls.ts'
import type { MachineDriver } from './machine-driver.ts'
import { PendingChanges } from './pending-changes.ts'
import { isName } from './validate-spec.ts'

/** So many are taken from a driver that never waits before others get their turn. */
const AT_ONCE = 256

/**
 * The portable half of `watch`. A driver that floods is held to a bounded set of ids, then to "look at all"; one that does not end when
 * told is left behind; one whose stream ends by itself has failed.
 */
export async function* watchChanges(
  driver: MachineDriver,
  calls: GuardedCalls,
  caller?: AbortSignal,
): AsyncGenerator<string | null> {
  if (driver.manifest.watch !== true || !driver.watch) {
    throw new PlatformError(
      'UNSUPPORTED',
      `provider ${driver.name} does not tell of changes: look at its machines again and again`,
    )
  }
  const over = new AbortController()
  const signal = AbortSignal.any([calls.closed, over.signal, ...(caller ? [caller] : [])])
  if (signal.aborted) return
  const pending = new PendingChanges()
  const end = () => pending.end(null)
  signal.addEventListener('abort', end, { once: true })
  pump(driver.watch(signal), pending, signal).then(
    () => pending.end(new Error(`provider ${driver.name} hung up`)),
    (thrown: unknown) => pending.end(thrown ?? new Error(`provider ${driver.name} failed`)),
  )
  try {
    for (let change = await pending.take(); change !== undefined; change = await pending.take()) yield change
    if (!signal.aborted) throw calls.wrap(pending.failure)
  } finally {
    signal.removeEventListener('abort', end)
    over.abort()
  }
}

async function pump(
  told: AsyncIterable<string | null>,
  pending: PendingChanges,
  signal: AbortSignal,
): Promise<void> {
  let taken = 0
  for await (const change of told) {
    if (signal.aborted) return
    // What is no id of a machine still says that something happened.
    pending.add(isName(change) ? change : null)
    taken += 1
    if (taken % AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve))
  }
}
