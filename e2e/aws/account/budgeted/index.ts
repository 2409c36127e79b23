import type { ProviderAdapter } from '../../../../packages/provider/src/adapter.ts'
import { checkConfig } from '../../../../providers/aws-ec2/src/config.ts'
import { openClient } from '../../../../providers/aws-ec2/src/ec2-client.ts'
import { Ec2Driver } from '../../../../providers/aws-ec2/src/ec2-driver.ts'
import { guardLaunches } from '../../../../providers/aws-ec2/src/testing/account/guard-launches.ts'
import { askDoor, type DoorAddress } from '../budget-door.ts'

/** What stands in a pool's settings. */
export interface BudgetedConfig {
  ec2: object
  door: DoorAddress
}

/** What `zimki up` loads by the path of this folder. */
export const adapter: ProviderAdapter = {
  name: 'aws-ec2',
  contractVersions: [1],
  open: ({ owner, config: given }) => {
    const { ec2, door } = given as BudgetedConfig
    const config = checkConfig(ec2, owner)
    return new Ec2Driver({ config, ec2: guardLaunches(openClient(config), askDoor(door)) })
  },
}
