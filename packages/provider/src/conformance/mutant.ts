import type { MachineProvider } from '../contract.ts'
import { createProvider } from '../create-provider.ts'
import { FakeDriver, FakeInfrastructure } from '../fake-driver.ts'
import type { MachineDriver } from '../machine-driver.ts'
import type { ProviderHarness } from './harness.ts'

/** One way in which an adapter, or the test bed that comes with it, is wrong; whatever is not said is right. */
export interface Mutant {
  /** Below the portable layer; `driver` is a right one over the same world. */
  driver?(driver: FakeDriver, world: FakeInfrastructure): Partial<MachineDriver>
  /** Above it, as an adapter that does without it. */
  provider?(provider: MachineProvider, world: FakeInfrastructure): Partial<MachineProvider>
  harness?(harness: ProviderHarness, world: FakeInfrastructure): Partial<ProviderHarness>
}

/** A world with this one fault in it. Machines settle at once, so that waiting in vain is short. */
export function mutantHarness({ driver, provider, harness }: Mutant): ProviderHarness {
  const world = new FakeInfrastructure()
  const right: ProviderHarness = {
    open: async (owner) => {
      const broken = new FakeDriver(world, owner)
      if (driver) Object.assign(broken, driver(new FakeDriver(world, owner), world))
      const made = createProvider(broken, { deadlineMs: 500 })
      return provider ? { ...made, ...provider(made, world) } : made
    },
    env: {},
    crash: async ({ native }) => world.crash(native),
    leftovers: async () => world.natives,
    settleMs: 60,
    close: async () => undefined,
  }
  return { ...right, ...harness?.(right, world) }
}
