import type { MachineProvider } from '../contract.ts'
import { createProvider, type ProviderOptions } from '../create-provider.ts'
import { SimulatedDriver } from './simulated-driver.ts'
import type { SimulatedWorld } from './simulated-world.ts'

/** A provider of a world's machines for one owner. With failures on, put `retryingProvider` over it. */
export function simulatedProvider(
  world: SimulatedWorld,
  owner: string,
  options?: ProviderOptions,
): MachineProvider {
  return createProvider(new SimulatedDriver(world, owner), options)
}
