import { PlatformError } from '@openzimki/core'
import type { MachineDriver } from './machine-driver.ts'
import { notFound } from './not-found.ts'

/** UNSUPPORTED unless the manifest says that machines can be prepared. */
export function requirePreparing(driver: MachineDriver): NonNullable<MachineDriver['start']> {
  if (driver.manifest.preparesMachines === true && driver.start) return driver.start.bind(driver)
  throw new PlatformError(
    'UNSUPPORTED',
    `provider ${driver.name} cannot prepare machines: launch them to run at once`,
  )
}

/** The portable half of `start`: only what is prepared is started. */
export async function startPrepared(driver: MachineDriver, id: string, signal: AbortSignal): Promise<void> {
  const start = requirePreparing(driver)
  const machine = await driver.inspect(id, signal)
  if (!machine) throw notFound(id)
  const { state } = machine
  if (state === 'running') return
  if (state === 'stopping' || state === 'stopped' || state === 'failed') {
    throw new PlatformError(
      'INVALID_ARGUMENT',
      `machine ${id} is ${state} and never runs again: destroy it, and launch another`,
    )
  }
  await start(id, signal)
}
