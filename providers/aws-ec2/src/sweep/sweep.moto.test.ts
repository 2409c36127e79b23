import {
  CreateNetworkInterfaceCommand,
  CreateVolumeCommand,
  DescribeSubnetsCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createProvider, type MachineProvider } from '@openzimki/provider'
import { checkConfig } from '../config.ts'
import { openClient } from '../ec2-client.ts'
import { Ec2Driver } from '../ec2-driver.ts'
import { ownerTags } from '../machine-tags.ts'
import { motoClient, motoConfig } from '../testing/moto-harness.ts'
import { type MotoServer, startMoto } from '../testing/moto-server.ts'
import { findResources, KINDS } from './find-resources.ts'
import { sweepAll, sweepStrays } from './sweep.ts'

const MINE = 'sweeper'
const OTHERS = 'neighbour'
const DAY_MS = 86_400_000

let moto: MotoServer
let ec2: EC2Client
const opened: MachineProvider[] = []

beforeAll(async () => {
  moto = await startMoto()
  ec2 = motoClient(moto)
  for (const owner of [MINE, OTHERS]) {
    const config = checkConfig(motoConfig(moto, owner))
    const provider = createProvider(new Ec2Driver({ config, ec2: openClient(config) }))
    opened.push(provider)
    for (const size of ['small', 'spot']) await provider.launch({ id: size, size, zone: null, env: {} })
    await leaveStrays(owner)
  }
}, 120_000)

afterAll(async () => {
  for (const provider of opened) await provider.close()
  await moto.close()
})

async function leaveStrays(owner: string): Promise<void> {
  const tags = (ResourceType: 'volume' | 'network-interface') => [
    { ResourceType, Tags: ownerTags(owner, {}) },
  ]
  await ec2.send(
    new CreateVolumeCommand({ AvailabilityZone: 'us-east-1a', Size: 1, TagSpecifications: tags('volume') }),
  )
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}))
  const SubnetId = Subnets[0]?.SubnetId
  await ec2.send(
    new CreateNetworkInterfaceCommand({ SubnetId, TagSpecifications: tags('network-interface') }),
  )
}

const kindsOf = async (owner: string) => new Set((await findResources(ec2, owner)).map(({ kind }) => kind))

describe('a sweep', () => {
  it('finds every kind of thing that a launch makes', async () => {
    // moto launches on the spot market without a request.
    expect(await kindsOf(MINE)).toEqual(new Set(KINDS.filter((kind) => kind !== 'spot request')))
  })

  it('of strays takes what nothing uses once it is old, and no machine', async () => {
    const sweep = { ec2, owner: MINE, template: 'of-another-version' }
    const young = await sweepStrays({ ...sweep, nowMs: Date.now() })
    expect(young.map(({ kind }) => kind)).not.toContain('volume')
    const old = await sweepStrays({ ...sweep, nowMs: Date.now() + DAY_MS })
    expect(new Set(old.map(({ kind }) => kind))).toEqual(new Set(['volume', 'launch template']))
    expect((await opened[0]!.list()).map(({ id, state }) => [id, state])).toEqual([
      ['small', 'running'],
      ['spot', 'running'],
    ])
  })

  it('of all leaves nothing of this owner, and everything of another', async () => {
    const before = await findResources(ec2, OTHERS)
    const removed: string[] = []
    await sweepAll({
      ...{ ec2, owner: MINE, signal: AbortSignal.timeout(60_000), withinMs: 60_000 },
      onRemoved: ({ kind }) => removed.push(kind),
    })
    expect(await findResources(ec2, MINE)).toEqual([])
    expect(removed).toContain('security group')
    expect(await findResources(ec2, OTHERS)).toEqual(before)
  }, 60_000)
})
