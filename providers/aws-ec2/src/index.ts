import { createProvider, type MachineProvider, type ProviderOptions } from '@openzimki/provider'
import { openDriver } from './adapter.ts'
import { checkConfig, type Ec2Config } from './config.ts'

export { adapter } from './adapter.ts'
export type { Ec2Config } from './config.ts'

/** Machines as EC2 instances. INVALID_ARGUMENT for a config that cannot work; EC2 is not touched until used. */
export function createEc2Provider(config: Ec2Config, options?: ProviderOptions): MachineProvider {
  return createProvider(openDriver(checkConfig(config)), options)
}
