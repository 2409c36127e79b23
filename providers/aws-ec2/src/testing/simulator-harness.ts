import { readFile } from 'node:fs/promises'
import { TerminateInstancesCommand } from '@aws-sdk/client-ec2'
import { createProvider } from '@openzimki/provider'
import { type ProviderHarness, probePath } from '@openzimki/provider/kit'
import { IMAGE_IDS, type Simulator } from '../../simulator/index.ts'
import { checkConfig } from '../config.ts'
import { openClient } from '../ec2-client.ts'
import { Ec2Driver } from '../ec2-driver.ts'
import { leftOf, plainEc2Client } from './left-of.ts'

/** Where simulated instances have Node. */
const GUEST_NODE = '/run/ec2-guest/node'

/** Simulated instances end in a moment. */
const LOOK_MS = 100

/** Instances that run their user data, and with it the kit's probe; those without a body have no console. */
export async function simulatorHarness(simulator: Simulator, isReal: boolean): Promise<ProviderHarness> {
  const { region, endpoint, credentials } = simulator
  const client = plainEc2Client(simulator)
  const probe = await readFile(probePath, 'utf8')
  const configOf = (owner: string) =>
    checkConfig({
      ...{ owner, region, endpoint, credentials: { ...credentials }, image: IMAGE_IDS.x86_64 },
      sizes: { small: { types: ['t3.micro', 't3.small'] }, spot: { types: ['t3.micro'], market: 'spot' } },
      command: [GUEST_NODE, '--input-type=module', '-e', probe],
      ...{ console: isReal, refreshMs: 0, maxMachines: 1_000 },
    })
  return {
    open: async (owner) => {
      const config = configOf(owner)
      return createProvider(new Ec2Driver({ config, ec2: openClient(config), lookMs: LOOK_MS }))
    },
    env: {},
    crash: async ({ native }) => {
      await client.send(new TerminateInstancesCommand({ InstanceIds: [native] }))
    },
    leftovers: () => leftOf(client),
    settleMs: 30_000,
    close: () => simulator.close(),
  }
}
