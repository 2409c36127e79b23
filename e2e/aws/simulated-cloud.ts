import { createReadStream } from 'node:fs'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { EC2Client, TerminateInstancesCommand } from '@aws-sdk/client-ec2'
import { ListObjectsV2Command, PutBucketPolicyCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { IMAGE_IDS, type Simulator, startSimulator } from '../../providers/aws-ec2/simulator/index.ts'
import { buildBundle } from '../../providers/aws-ec2/src/bundle/build-bundle.ts'
import { plainClient, setTestKeys, TEST_BUCKET } from '../../providers/aws-s3/src/testing/test-bucket.ts'
import { startVersity } from '../../providers/aws-s3/src/testing/versity-store.ts'
import type { Cloud, CloudInstance } from './cloud.ts'
import { zimki } from './zimki.ts'

const BUNDLES = 'bundles'
const PROMISED_ANSWER_MS = 10_000
const PATIENCE_MS = 90_000

export interface SimulatedCloud extends Cloud {
  simulator: Simulator
}

/** EC2 and S3 on this host, with `real` instances: Linux and root. The Versity gateway is named by OPENZIMKI_VERSITYGW. */
export async function openSimulatedCloud(): Promise<SimulatedCloud> {
  setTestKeys()
  const folder = await mkdtemp(join(tmpdir(), 'zimki-aws-'))
  const store = await startVersity()
  const simulator = await startSimulator({
    instances: 'real',
    expose: [Number(new URL(store.endpoint).port)],
  })
  const { region, endpoint, credentials } = simulator
  const s3 = plainClient(store.endpoint)
  const { url, sha256 } = await uploadBundle(s3, folder)
  const ec2 = new EC2Client({ region, endpoint, credentials: { ...credentials } })
  const seen = new URL(store.endpoint)
  seen.hostname = simulator.hostAddress ?? ''
  const config = {
    ...{ region, endpoint, credentials, image: IMAGE_IDS.x86_64, refreshMs: 500 },
    sizes: { spot: { types: ['t3.small', 't3.medium'], market: 'spot' }, steady: { types: ['t3.small'] } },
    bundle: { url: `${seen.origin}/${TEST_BUCKET}/${url}`, sha256 },
  }
  return {
    ...{ simulator, folder, config, provider: 'aws-ec2', patienceMs: PATIENCE_MS },
    ...{ promisedAnswerMs: PROMISED_ANSWER_MS, agentsAddress: `${simulator.hostAddress}:0` },
    blobsOf: (name) =>
      `s3://${TEST_BUCKET}/${name}?region=us-east-1&endpoint=${encodeURIComponent(store.endpoint)}`,
    instances: async () => instancesOf(simulator),
    interrupt: (id) => simulator.control.interrupt(id),
    terminate: async (instances) => {
      await ec2.send(new TerminateInstancesCommand({ InstanceIds: [...instances], SkipOsShutdown: true }))
    },
    countBlobs: async () =>
      (await s3.send(new ListObjectsV2Command({ Bucket: TEST_BUCKET, Prefix: 'platform/' }))).KeyCount ?? 0,
    takeDown: (say) => takeDown(simulator, folder, config, say),
    close: async () => {
      await simulator.close()
      await store.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function instancesOf(simulator: Simulator): CloudInstance[] {
  return simulator.cloud.instances.every().map(({ id, tags, state, launchedMs }) => ({
    ...{ id, launchedMs, running: state === 'running' },
    owner: tags.get('openzimki:owner') ?? '',
    machine: tags.get('openzimki:machine') ?? '',
  }))
}

/** What belongs to all machines (template, security group) is kept for the next start, until it is swept. */
async function takeDown(
  simulator: Simulator,
  folder: string,
  config: object,
  say: (line: string) => void,
): Promise<string[]> {
  const owners = new Set(instancesOf(simulator).map(({ owner }) => owner))
  const path = join(folder, 'aws.json')
  await writeFile(path, JSON.stringify(config))
  for (const owner of owners) {
    const sweep = ['sweep', '--config', path, '--owner', owner, '--remove']
    say((await zimki(folder, 'provider', 'aws-ec2', ...sweep)).trim())
  }
  const left = Object.entries(simulator.control.resources()).filter(([, ids]) => ids.length > 0)
  say(`left behind: ${left.length === 0 ? 'nothing' : JSON.stringify(left)}`)
  return left.map(([kind, ids]) => `left behind: ${kind} ${ids.join(', ')}`)
}

/** Anybody may read it, since there is nothing in it that is not in our sources. */
async function uploadBundle(s3: ReturnType<typeof plainClient>, folder: string) {
  const { path, sha256 } = await buildBundle(folder)
  const Key = `${BUNDLES}/${basename(path)}`
  const { size } = await stat(path)
  await s3.send(
    new PutObjectCommand({ Bucket: TEST_BUCKET, Key, Body: createReadStream(path), ContentLength: size }),
  )
  const Resource = `arn:aws:s3:::${TEST_BUCKET}/${BUNDLES}/*`
  const Statement = [{ Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource }]
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement })
  await s3.send(new PutBucketPolicyCommand({ Bucket: TEST_BUCKET, Policy }))
  return { url: Key, sha256 }
}
