import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EC2Client, TerminateInstancesCommand } from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createProvider, type MachineProvider } from '@openzimki/provider'
import type { Bundle } from '../../bundle/build-bundle.ts'
import { checkConfig } from '../../config.ts'
import { openClient } from '../../ec2-client.ts'
import { Ec2Driver } from '../../ec2-driver.ts'
import { openClients } from '../../setup/setup-clients.ts'
import { MOTO_IMAGE, MOTO_REGION, type MotoServer, startMoto } from '../moto-server.ts'
import { type AccountRun, type AccountWork, runInAccount, setupOf } from './account-run.ts'
import { findLeft, findRuns } from './find-run.ts'
import { guardLaunches } from './guard-launches.ts'
import { requireCredentials } from './require-credentials.ts'
import { sweepRun } from './sweep-run.ts'

const ONE = { name: 'one machine', machines: 1, minutes: 10 }
const options = {
  ...{ budgetUsd: 1, region: MOTO_REGION, minutes: 30, types: ['t3.micro'] },
  ...{ priceFile: undefined, bundleFrom: undefined },
}
const before = { ...process.env }
let moto: MotoServer
let said: string[] = []

beforeAll(async () => {
  moto = await startMoto()
  const { accessKeyId, secretAccessKey } = moto.credentials
  Object.assign(process.env, { AWS_ENDPOINT_URL: moto.endpoint })
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey })
}, 60_000)

afterAll(async () => {
  process.env = before
  await moto.close()
})

async function bundle(folder: string): Promise<Bundle> {
  const path = join(folder, 'agent.tgz')
  await writeFile(path, 'an agent')
  return { path, sha256: createHash('sha256').update('an agent').digest('hex') }
}

function workOf(name: string, change: Partial<AccountWork>): AccountWork {
  said = []
  return {
    ...{ name, options, plan: [ONE], signal: new AbortController().signal, bundle, pauseMs: 20 },
    say: (line) => void said.push(line),
    work: async () => [],
    ...change,
  }
}

/** Machines of a platform in the run's set-up, on the images that moto has. */
async function within(
  { config: given, budget }: AccountRun,
  use: (provider: MachineProvider) => Promise<void>,
) {
  const config = checkConfig({
    ...given,
    owner: `${given.owner}-platform`,
    image: MOTO_IMAGE,
    console: false,
    refreshMs: 0,
  })
  const ec2 = guardLaunches(openClient(config), budget)
  const provider = createProvider(new Ec2Driver({ config, ec2, lookMs: 20 }))
  try {
    await use(provider)
  } finally {
    await provider.close()
  }
}

const launch = (provider: MachineProvider, id: string) =>
  provider.launch({ id, size: 'small', zone: null, env: {} })

async function leftOf(name: string) {
  const setup = setupOf({ name, options })
  const clients = openClients(setup)
  const [left, runs] = await Promise.all([
    findLeft(clients, name, setup.region),
    findRuns(clients, setup.region),
  ])
  return { left, listed: runs.includes(name) }
}

const NOTHING = { left: [], listed: false }

describe('a run of tests in an account', () => {
  it('works in a set-up of its own, counts what it launches, and leaves nothing', async () => {
    let there: string[] = []
    const run = workOf('whole', {
      work: async (account) => {
        await within(account, async (provider) => {
          await launch(provider, 'm-1')
          const { left, listed } = await leftOf('whole')
          there = left.map(({ kind }) => kind)
          expect(listed).toBe(true)
          await launch(provider, 'm-2')
          await provider.destroy('m-2')
        })
        return []
      },
    })
    expect(await runInAccount(run)).toEqual([])
    expect(new Set(there)).toEqual(
      new Set([
        ...['instance', 'volume', 'launch template', 'security group', 'subnet', 'VPC'],
        ...['route table', 'internet gateway', 'bucket', 'role', 'instance profile'],
      ]),
    )
    expect(said.join('\n')).toMatch(
      /at most 0\.02 USD: one machine.*\n.*sweep --region us-east-1 --run whole/s,
    )
    expect(said.at(-1)).toMatch(/^2 machines launched, at most 0\.01 USD for them; .* of 1\.00 USD/)
    expect(said.at(-2)).toMatch(/^left of whole: .*instance 0.*VPC 0/)
    expect(await leftOf('whole')).toEqual(NOTHING)
  }, 60_000)

  it('makes nothing where the plan may cost more than the budget', async () => {
    const run = workOf('too-dear', { plan: [{ ...ONE, machines: 100 }] })
    await expect(runInAccount(run)).rejects.toThrow(/nothing was made: this may cost .* budget is 1\.00 USD/)
    expect(await leftOf('too-dear')).toEqual(NOTHING)
  })

  it('launches nothing beyond its budget, and is removed then', async () => {
    let launched = 0
    const run = workOf('used-up', {
      options: { ...options, budgetUsd: 0.2 },
      work: (account) =>
        within(account, async (provider) => {
          for (;;) {
            await launch(provider, `m-${launched}`)
            launched += 1
          }
        }).then(() => []),
    })
    const complaints = await runInAccount(run)
    expect(complaints.join('\n')).toMatch(/no machine is launched: the budget is used up/)
    expect(complaints.join('\n')).not.toMatch(/left behind/)
    // Each is put aside for 35 minutes of 12.7 cents, beside the bucket.
    expect(launched).toBe(2)
    expect(await leftOf('used-up')).toEqual(NOTHING)
  }, 60_000)

  it('that is interrupted launches nothing more, and leaves nothing', async () => {
    const stop = new AbortController()
    const run = workOf('interrupted', {
      signal: stop.signal,
      work: (account) =>
        within(account, async (provider) => {
          await launch(provider, 'm-1')
          stop.abort()
          expect(account.signal.aborted).toBe(true)
          await launch(provider, 'm-2')
        }).then(() => []),
    })
    const complaints = (await runInAccount(run)).join('\n')
    expect(complaints).toMatch(/it was interrupted/)
    expect(complaints).toMatch(/no machine is launched/)
    expect(complaints).not.toMatch(/left behind/)
    expect(await leftOf('interrupted')).toEqual(NOTHING)
  }, 60_000)

  it('ends when its time is over', async () => {
    // Less than the first of its many calls takes, on any machine.
    const run = workOf('late', { options: { ...options, minutes: 0.00001 }, plan: [] })
    expect(await runInAccount(run)).toEqual([
      'ended before its end: its 0.00001 minutes are over',
      expect.anything(),
    ])
    expect(await leftOf('late')).toEqual(NOTHING)
  }, 60_000)

  it('that was killed is found and removed by the sweep, and no other', async () => {
    const killed = new Error('killed')
    for (const name of ['dead', 'alive']) {
      const run = workOf(name, {
        work: (account) => within(account, async (it) => void (await launch(it, 'm-1'))).then(() => []),
      })
      // What a process leaves that is killed before it sweeps.
      await expect(
        runInAccount({
          ...run,
          say: (line) => {
            if (/ends and removes/.test(line)) throw killed
          },
        }),
      ).rejects.toThrow('killed')
    }
    const sweep = async (name: string) => {
      const setup = setupOf({ name, options })
      return sweepRun({
        ...openClients(setup),
        setup,
        print: () => undefined,
        signal: AbortSignal.timeout(60_000),
        pauseMs: 20,
      })
    }
    const alive = await leftOf('alive')
    expect(alive.left.length).toBeGreaterThan(10)
    expect((await leftOf('dead')).left.length).toBe(alive.left.length)
    expect(await sweep('dead')).toEqual([])
    expect(await leftOf('dead')).toEqual(NOTHING)
    expect(await leftOf('alive')).toEqual(alive)
    expect(await sweep('alive')).toEqual([])
  }, 60_000)

  it('makes nothing without credentials, or with some that AWS does not take', async () => {
    const none = new EC2Client({
      region: MOTO_REGION,
      credentials: () => Promise.reject(new Error('none found')),
    })
    await expect(requireCredentials(none)).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      message: expect.stringMatching(
        /nothing was made: there are no AWS credentials \(none found\): set AWS_PROFILE/,
      ),
    })
  })
})

describe('the guard before launches', () => {
  it('lets other calls pass', async () => {
    const door = {
      reserve: () => {
        throw new Error('asked')
      },
      made: () => undefined,
      notMade: () => undefined,
    }
    const ec2 = guardLaunches(new EC2Client({ region: MOTO_REGION }), door)
    await ec2
      .send(new TerminateInstancesCommand({ InstanceIds: [] }))
      .catch((thrown: Error) => expect(thrown.message).not.toBe('asked'))
  })
})
