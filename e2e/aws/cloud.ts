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

/** EC2 and S3 on this host, with what machines run in the bucket. */
export interface Cloud {
  simulator: Simulator
  folder: string
  /** `--blobs` of the platform of this name. */
  blobsOf(name: string): string
  /** Settings of a pool's provider. */
  config: object
  /** Behind the platform's back. */
  terminate(instances: readonly string[]): Promise<void>
  /** How many of the platform's blobs are in the bucket. */
  countBlobs(): Promise<number>
  close(): Promise<void>
}

const BUNDLES = 'bundles'

/** `real` instances: Linux and root. The Versity gateway is named by OPENZIMKI_VERSITYGW. */
export async function openCloud(): Promise<Cloud> {
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
  return {
    ...{ simulator, folder },
    blobsOf: (name) =>
      `s3://${TEST_BUCKET}/${name}?region=us-east-1&endpoint=${encodeURIComponent(store.endpoint)}`,
    config: {
      ...{ region, endpoint, credentials, image: IMAGE_IDS.x86_64, refreshMs: 500 },
      sizes: { spot: { types: ['t3.small', 't3.medium'], market: 'spot' }, steady: { types: ['t3.small'] } },
      bundle: { url: `${seen.origin}/${TEST_BUCKET}/${url}`, sha256 },
    },
    terminate: async (instances) => {
      await ec2.send(new TerminateInstancesCommand({ InstanceIds: [...instances], SkipOsShutdown: true }))
    },
    countBlobs: async () =>
      (await s3.send(new ListObjectsV2Command({ Bucket: TEST_BUCKET, Prefix: 'platform/' }))).KeyCount ?? 0,
    close: async () => {
      await simulator.close()
      await store.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
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

/** One pool of spot instances. */
export async function writePools({ folder, config }: Cloud, floor: number): Promise<string> {
  const path = join(folder, 'pools.json')
  const pool = { name: 'ec2', provider: 'aws-ec2', config, size: 'spot', floor, ceiling: floor + 2 }
  await writeFile(path, JSON.stringify([{ ...pool, joinSeconds: 60 }]))
  return path
}
