import { EC2Client, TerminateInstancesCommand } from '@aws-sdk/client-ec2'
import { createProvider } from '@openzimki/provider'
import type { ProviderHarness } from '@openzimki/provider/kit'
import { checkConfig, type Ec2Config } from '../config.ts'
import { openClient } from '../ec2-client.ts'
import { Ec2Driver } from '../ec2-driver.ts'
import { MarketReader } from '../offerings/market-reader.ts'
import { leftOf } from './left-of.ts'
import { MOTO_IMAGE, MOTO_REGION, type MotoServer } from './moto-server.ts'

/** moto ends instances at once. */
const LOOK_MS = 100

export function motoConfig({ endpoint, credentials }: MotoServer, owner: string): Ec2Config {
  return {
    ...{ owner, endpoint, credentials, region: MOTO_REGION, image: MOTO_IMAGE },
    sizes: { small: { types: ['t3.micro', 't3.small'] }, spot: { types: ['t3.micro'], market: 'spot' } },
    command: ['/bin/true'],
    // moto runs nothing, so its console is made up.
    console: false,
    refreshMs: 0,
    maxMachines: 1_000,
  }
}

export const motoClient = ({ endpoint, credentials }: MotoServer): EC2Client =>
  new EC2Client({ region: MOTO_REGION, endpoint, credentials: { ...credentials } })

/** Started in time for the first case. */
export function motoHarness(server: () => Promise<MotoServer>): ProviderHarness {
  let market: MarketReader | undefined
  return {
    open: async (owner) => {
      const moto = await server()
      const config = checkConfig(motoConfig(moto, owner))
      // moto needs long for the list of all types, which is the same for all.
      market ??= new MarketReader({ ec2: motoClient(moto), config, nowMs: Date.now })
      return createProvider(new Ec2Driver({ config, ec2: openClient(config), market, lookMs: LOOK_MS }))
    },
    env: {},
    crash: async ({ native }) => {
      await motoClient(await server()).send(new TerminateInstancesCommand({ InstanceIds: [native] }))
    },
    leftovers: async () => leftOf(motoClient(await server())),
    settleMs: 20_000,
    close: async () => (await server()).close(),
  }
}
