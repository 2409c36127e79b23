import { createProvider, type MachineProvider, type ProviderOptions } from '@openzimki/provider'
import { openDriver } from './adapter.ts'
import { checkConfig, type DockerConfig } from './config.ts'

export { adapter } from './adapter.ts'
export type { DockerConfig } from './config.ts'

/** Machines as containers. INVALID_ARGUMENT for a config that cannot work; the engine is not touched until used. */
export function createDockerProvider(config: DockerConfig, options?: ProviderOptions): MachineProvider {
  return createProvider(openDriver(checkConfig(config)), options)
}
