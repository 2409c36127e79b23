import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateVpcCommand, DescribeVpcsCommand, RunInstancesCommand } from '@aws-sdk/client-ec2'
import { GetRoleCommand } from '@aws-sdk/client-iam'
import {
  CreateBucketCommand,
  type CreateBucketCommandInput,
  ListBucketsCommand,
  PutBucketTaggingCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Bundle } from '../bundle/build-bundle.ts'
import { TAG } from '../machine-tags.ts'
import { MOTO_IMAGE, MOTO_REGION, type MotoServer, startMoto } from '../testing/moto-server.ts'
import type { SetupRun } from './ensure.ts'
import { findSetup } from './find-setup.ts'
import { runDestroy } from './run-destroy.ts'
import { type Made, runInit } from './run-init.ts'
import { openClients, type SetupClients } from './setup-clients.ts'
import { checkSetup } from './setup-config.ts'
import { bucketName, PART_TAG } from './setup-names.ts'

const NOTHING = { withMachines: false, withBlobs: false }
const WITHIN_MS = 60_000
/** Of the calls of a run, so many apart: odd, so that both halves of the test meet calls of all steps. */
const EACH = 5
const MOTO_ACCOUNT = '123456789012'

let moto: MotoServer
let folder: string
let bundle: Bundle

beforeAll(async () => {
  moto = await startMoto()
  folder = await mkdtemp(join(tmpdir(), 'aws-setup-'))
  const content = Buffer.from('an agent')
  const sha256 = createHash('sha256').update(content).digest('hex')
  bundle = { path: join(folder, 'agent.tgz'), sha256 }
  await writeFile(bundle.path, content)
}, 60_000)

afterAll(async () => {
  await moto.close()
  await rm(folder, { recursive: true, force: true })
})

function runOf(owner: string): SetupRun {
  const { endpoint, credentials } = moto
  const sizes = { small: { types: ['t3.micro'] } }
  const setup = checkSetup({ endpoint, credentials, sizes }, owner, MOTO_REGION)
  const clients = openClients(setup)
  tagAtCreation(clients.s3)
  return {
    ...clients,
    ...{ setup, print: () => undefined, signal: AbortSignal.timeout(120_000), pauseMs: 5 },
  }
}

type Next = (args: { input: object }) => Promise<unknown>
type Stack = {
  add(
    middleware: (next: Next, context: { commandName?: string }) => Next,
    options: { step: 'initialize'; priority: 'low' | 'high'; name: string },
  ): void
}

/** As S3 does in the same call, and moto does not: a bucket has its tags from the beginning. */
function tagAtCreation(s3: S3Client): void {
  const plain = openClients(
    checkSetup({ endpoint: moto.endpoint, credentials: moto.credentials }, 'tagger', MOTO_REGION),
  ).s3
  const tag =
    (next: Next, { commandName }: { commandName?: string }): Next =>
    async (args) => {
      const answer = await next(args)
      if (commandName !== 'CreateBucketCommand') return answer
      const { Bucket, CreateBucketConfiguration } = args.input as CreateBucketCommandInput
      const Tagging = { TagSet: CreateBucketConfiguration?.Tags }
      await plain.send(new PutBucketTaggingCommand({ Bucket, Tagging }))
      return answer
    }
  const stack = s3.middlewareStack as unknown as Stack
  stack.add(tag, { step: 'initialize', priority: 'low', name: 'tagAtCreation' })
}

const init = (run: SetupRun): Promise<Made> => runInit(run, async () => bundle)

/** The process ends at its call number `at`: before AWS has it, or when the answer is on its way. */
function killAt(run: SetupRun, at: number, moment: 'before' | 'after'): { calls: number } {
  const seen = { calls: 0 }
  const clients: (keyof Pick<SetupClients, 'ec2' | 'once' | 's3' | 'iam'>)[] = ['ec2', 'once', 's3', 'iam']
  for (const name of clients) {
    const stack = run[name].middlewareStack as unknown as Stack
    const middleware = (next: Next) => async (args: { input: object }) => {
      const mine = seen.calls++
      const killed = () => Object.assign(new Error('killed'), { name: 'Killed' })
      if (mine > at || (mine === at && moment === 'before')) throw killed()
      const answer = await next(args)
      if (mine === at) throw killed()
      return answer
    }
    stack.add(middleware, { step: 'initialize', priority: 'high', name: 'kill' })
  }
  return seen
}

async function countCalls(run: SetupRun, work: () => Promise<void>): Promise<{ calls: number }> {
  const seen = killAt(run, Number.POSITIVE_INFINITY, 'before')
  await work()
  return seen
}

/** With a blob, so that the bucket has to be emptied. */
async function furnish(run: SetupRun): Promise<void> {
  const { blobs } = await init(run)
  await run.s3.send(new PutObjectCommand({ Bucket: new URL(blobs).hostname, Key: 'blobs/a', Body: 'x' }))
}

describe('a set-up of AWS', () => {
  it('is made once, however often it is asked for, and goes without a trace', async () => {
    const run = runOf('twice')
    const made = await init(run)
    const there = await findSetup(run)
    expect(new Set(there.map(({ kind }) => kind)).size).toBe(8)
    const printed: string[] = []
    expect(await init({ ...run, print: (line) => void printed.push(line) })).toEqual(made)
    expect(printed.join('\n')).not.toMatch(/ (?:made|uploaded)/)
    expect(await findSetup(run)).toEqual(there)
    await runDestroy(run, NOTHING, WITHIN_MS)
    expect(await findSetup(run)).toEqual([])
  }, 60_000)

  it.each(['before', 'after'] as const)(
    'survives its end %s a call, whichever it is',
    async (moment) => {
      const counted = runOf('counted')
      const { calls } = await init(counted)
        .then(() => runDestroy(counted, NOTHING, WITHIN_MS))
        .then(async () => {
          const seen = killAt(counted, Number.POSITIVE_INFINITY, 'before')
          await init(counted)
          return seen
        })
      await runDestroy(runOf('counted'), NOTHING, WITHIN_MS)
      expect(calls).toBeGreaterThan(25)
      for (let at = moment === 'before' ? 0 : 1; at < calls; at += EACH) {
        const owner = `killed-${moment}-${at}`
        const killed = runOf(owner)
        killAt(killed, at, moment)
        await expect(init(killed)).rejects.toMatchObject({ name: 'Killed' })
        const run = runOf(owner)
        if (at % 2 === 0) {
          await init(run)
          // Eight kinds, two subnets.
          expect(await findSetup(run)).toHaveLength(9)
        }
        await runDestroy(run, NOTHING, WITHIN_MS)
        expect(await findSetup(run)).toEqual([])
      }
    },
    120_000,
  )

  it.each(['before', 'after'] as const)(
    'is taken away by a second call where the first ended %s a call, whichever it was',
    async (moment) => {
      const all = { withMachines: true, withBlobs: true }
      const counted = runOf('destroyed')
      await furnish(counted)
      const { calls } = await countCalls(counted, () => runDestroy(counted, all, WITHIN_MS))
      expect(calls).toBeGreaterThan(40)
      for (let at = moment === 'before' ? 0 : 1; at < calls; at += EACH) {
        const owner = `destroyed-${moment}-${at}`
        await furnish(runOf(owner))
        const killed = runOf(owner)
        killAt(killed, at, moment)
        await expect(runDestroy(killed, all, WITHIN_MS)).rejects.toMatchObject({ name: 'Killed' })
        const run = runOf(owner)
        await runDestroy(run, all, WITHIN_MS)
        expect(await findSetup(run)).toEqual([])
      }
    },
    180_000,
  )

  it('is not taken away under machines or blobs, unless it is said', async () => {
    const run = runOf('held')
    const { settings, blobs } = await init(run)
    const Bucket = new URL(blobs).hostname
    const [SubnetId] = settings.subnets ?? []
    const Tags = [
      { Key: TAG.owner, Value: 'a-platform' },
      { Key: TAG.machine, Value: 'm1' },
    ]
    const one = { ImageId: MOTO_IMAGE, MinCount: 1, MaxCount: 1, SubnetId }
    const TagSpecifications = [{ ResourceType: 'instance' as const, Tags }]
    await run.ec2.send(new RunInstancesCommand({ ...one, TagSpecifications }))
    await run.s3.send(new PutObjectCommand({ Bucket, Key: 'blobs/a', Body: 'x' }))
    const before = await findSetup(run)
    await expect(runDestroy(run, { ...NOTHING, withBlobs: true }, WITHIN_MS)).rejects.toThrow(
      /machines still run.*--machines/,
    )
    await expect(runDestroy(run, { ...NOTHING, withMachines: true }, WITHIN_MS)).rejects.toThrow(
      /has blobs.*--blobs/,
    )
    expect(await findSetup(run)).toEqual(before)
    await runDestroy(run, { withMachines: true, withBlobs: true }, WITHIN_MS)
    expect(await findSetup(run)).toEqual([])
  }, 60_000)

  it('lets strangers be, whose tags are like its own', async () => {
    const run = runOf('mine')
    const { settings } = await init(run)
    const other = runOf('mine-too')
    await init(other)
    const theirs = await findSetup(other)
    for (const owner of ['min*', 'mine ', 'Mine'])
      await run.ec2.send(
        new CreateVpcCommand({
          CidrBlock: '10.1.0.0/16',
          TagSpecifications: [
            {
              ResourceType: 'vpc',
              Tags: [
                { Key: TAG.owner, Value: owner },
                { Key: PART_TAG, Value: 'vpc' },
              ],
            },
          ],
        }),
      )
    const before = (await run.ec2.send(new DescribeVpcsCommand({}))).Vpcs?.length ?? 0
    await runDestroy(run, NOTHING, WITHIN_MS)
    expect(await findSetup(other)).toEqual(theirs)
    expect((await run.ec2.send(new DescribeVpcsCommand({}))).Vpcs).toHaveLength(before - 1)
    await expect(run.iam.send(new GetRoleCommand({ RoleName: settings.instanceProfile }))).rejects.toThrow()
    await runDestroy(other, NOTHING, WITHIN_MS)
  }, 60_000)

  it('takes no bucket of its name that lacks its tags, though it is empty', async () => {
    const run = runOf('squatted')
    const Bucket = bucketName(run.setup, MOTO_ACCOUNT)
    const { endpoint, credentials } = moto
    const { s3 } = openClients(checkSetup({ endpoint, credentials }, 'stranger', MOTO_REGION))
    await s3.send(new CreateBucketCommand({ Bucket }))
    await expect(init(run)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
    await runDestroy(run, { withMachines: true, withBlobs: true }, WITHIN_MS)
    expect(await findSetup(run)).toEqual([])
    const { Buckets = [] } = await s3.send(new ListBucketsCommand({}))
    expect(Buckets.map(({ Name }) => Name)).toContain(Bucket)
  }, 60_000)

  it('is not taken away under an instance of a stranger, whatever is said', async () => {
    const run = runOf('guest')
    const { settings } = await init(run)
    const [SubnetId] = settings.subnets ?? []
    await run.ec2.send(new RunInstancesCommand({ ImageId: MOTO_IMAGE, MinCount: 1, MaxCount: 1, SubnetId }))
    const all = { withMachines: true, withBlobs: true }
    await expect(runDestroy(run, all, WITHIN_MS)).rejects.toThrow(/did not launch and does not end/)
    expect(await findSetup(run)).toHaveLength(9)
  }, 60_000)
})
