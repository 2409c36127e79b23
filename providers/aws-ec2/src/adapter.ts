import type { MachineDriver, ProviderAdapter } from '@openzimki/provider'
import { bundleCommand } from './commands/bundle-command.ts'
import { checkCommand } from './commands/check-command.ts'
import { destroyCommand } from './commands/destroy-command.ts'
import { initCommand } from './commands/init-command.ts'
import { sweepCommand } from './commands/sweep-command.ts'
import { type CheckedEc2Config, checkConfig } from './config.ts'
import { openClient } from './ec2-client.ts'
import { Ec2Driver } from './ec2-driver.ts'

/** What `zimki up --provider aws-ec2` and `zimki provider ...` load. */
export const adapter: ProviderAdapter = {
  name: 'aws-ec2',
  contractVersions: [1],
  open: ({ owner, config }) => openDriver(checkConfig(config, owner)),
  commands: {
    ...{ init: initCommand, destroy: destroyCommand },
    ...{ bundle: bundleCommand, check: checkCommand, sweep: sweepCommand },
  },
}

export function openDriver(config: CheckedEc2Config): MachineDriver {
  return new Ec2Driver({ config, ec2: openClient(config) })
}
