import { createProvider, type MachineProvider, type ProviderOptions } from '@openzimki/provider'
import { checkConfig, type LocalConfig } from './config.ts'
import { LocalDriver } from './driver.ts'

export { adapter } from './adapter.ts'
export type { LocalConfig } from './config.ts'

/** Machines as processes of this host. INVALID_ARGUMENT for a config that cannot work; touches nothing until used. */
export function createLocalProvider(config: LocalConfig, options?: ProviderOptions): MachineProvider {
  return createProvider(new LocalDriver(checkConfig(config)), options)
}
