import { readFile } from 'node:fs/promises'
import { TerminateInstancesCommand } from '@aws-sdk/client-ec2'
import { createProvider } from '@openzimki/provider'
import { type ProviderHarness, probePath } from '@openzimki/provider/kit'
import { PLACES } from '../../boot/machine-unit.ts'
import { checkConfig } from '../../config.ts'
import { openClient } from '../../ec2-client.ts'
import { Ec2Driver } from '../../ec2-driver.ts'
import { findTagged } from '../../sweep/find-resources.ts'
import type { AccountRun } from './account-run.ts'
import { RUN_TAG } from './find-run.ts'
import { guardLaunches } from './guard-launches.ts'

/** Boot, the bundle from S3, and what EC2 does not show at once. */
const SETTLE_MS = 240_000

/** The kit's probe on instances of a real account, run by the Node of the agent's bundle; budget and end are the run's. */
export async function accountHarness(run: AccountRun): Promise<ProviderHarness> {
  const { clients, config: given, budget, giveUp, name } = run
  const probe = await readFile(probePath, 'utf8')
  const door = {
    reserve: (key: string, count: number) => {
      try {
        budget.reserve(key, count)
      } catch (thrown) {
        giveUp((thrown as Error).message)
        throw thrown
      }
    },
    made: (key: string, instances: readonly string[]) => budget.made(key, instances),
    notMade: (key: string) => budget.notMade(key),
  }
  return {
    open: async (owner) => {
      const command = [`${PLACES.app}/bin/node`, '--input-type=module', '-e', probe]
      const config = checkConfig({ ...given, owner, command, refreshMs: 0, maxMachines: 1_000 })
      return createProvider(new Ec2Driver({ config, ec2: guardLaunches(openClient(config), door) }))
    },
    env: {},
    crash: async ({ native }) => {
      await clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [native] }))
    },
    // Templates are kept for the next launch of the same kind, and swept at the end of the run.
    leftovers: async () =>
      (await findTagged(clients.ec2, RUN_TAG, name))
        .filter(({ kind }) => kind !== 'security group' && kind !== 'launch template')
        .map(({ id }) => id),
    settleMs: SETTLE_MS,
    close: async () => undefined,
  }
}
