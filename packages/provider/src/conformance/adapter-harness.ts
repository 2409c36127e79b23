import { PlatformError } from '@openzimki/core'
import type { TestBedSettings } from '../adapter.ts'
import type { MachineSpec } from '../contract.ts'
import { type LoadedAdapter, openAdapter } from '../load-adapter.ts'
import type { ProviderHarness } from './harness.ts'
import { startPlatformProcess } from './platform-process.ts'

/**
 * A harness for an adapter that was loaded by name, out of its own test bed: providers are opened as the platform opens them, and killed
 * platforms are real processes. UNSUPPORTED when it brings no test bed.
 */
export async function adapterHarness(
  loaded: LoadedAdapter,
  settings: TestBedSettings,
): Promise<ProviderHarness> {
  const { adapter, package: found } = loaded
  if (!adapter.testBed) {
    throw new PlatformError(
      'UNSUPPORTED',
      `adapter ${found.name} brings no test bed, so nobody but its author can test it: export testBed(settings) in its "adapter", ` +
        'which says how a machine is crashed and what is left over; docs/tutorial/write-a-provider.md shows one',
    )
  }
  const bed = await adapter.testBed(settings)
  const used = { ...settings, ...bed.settings }
  return {
    ...{ env: bed.env, settleMs: bed.settleMs, clock: bed.clock, reportsFacts: bed.reportsFacts },
    ...(bed.sharedFile === undefined ? {} : { sharedFile: bed.sharedFile }),
    open: (owner) => openAdapter(adapter, { ...used, owner }),
    crash: (machine) => bed.crash(machine),
    leftovers: () => bed.leftovers(),
    close: () => bed.close(),
    ...platformsOf(loaded, used, bed.inMemory === true),
    ...(bed.platformProcess ? { platformProcess: bed.platformProcess.bind(bed) } : {}),
  }
}

/** Machines in the memory of this process are not there for another. */
function platformsOf(
  loaded: LoadedAdapter,
  settings: TestBedSettings,
  isInMemory: boolean,
): Partial<ProviderHarness> {
  if (isInMemory) return {}
  return {
    platformProcess: async (owner: string, spec: MachineSpec) =>
      startPlatformProcess({ folder: loaded.package.folder, settings: { ...settings, owner }, spec }),
  }
}
