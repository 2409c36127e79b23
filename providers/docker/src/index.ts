import { createProvider, type MachineProvider, type ProviderOptions } from '@openzimki/provider'
import { checkConfig, type DockerConfig } from './config.ts'
import { openEngine } from './connection/open-engine.ts'
import { EngineDriver } from './engine/engine-driver.ts'

export type { DockerConfig } from './config.ts'

/** Machines as containers. INVALID_ARGUMENT for a config that cannot work; the engine is not touched until used. */
export function createDockerProvider(config: DockerConfig, options?: ProviderOptions): MachineProvider {
  const checked = checkConfig(config)
  return createProvider(new EngineDriver(checked, openEngine(checked.connection)), options)
}
