import { PlatformError } from '@openzimki/core'
import { Bucket } from './bucket.ts'
import { checkConfig, type S3Config } from './config.ts'
import { hasUploadRule } from './lifecycle.ts'
import { objectKeys } from './object-keys.ts'
import { openClient } from './open-client.ts'
import { probeStore } from './probe/probe-store.ts'

/** Shaped like those of machine providers, so that they are shown together. */
export interface S3Finding {
  level: 'info' | 'warn' | 'error'
  text: string
}

export interface CheckOptions {
  config: S3Config
}

/** What an operator wants to know before the first blob. Makes and removes a few small objects; rejects for nothing but the settings. */
export async function checkS3({
  config: given,
}: CheckOptions): Promise<{ ok: boolean; findings: S3Finding[] }> {
  const config = checkConfig(given)
  const client = openClient(config)
  const bucket = new Bucket(client, config.bucket)
  try {
    const findings = [await probeFinding(bucket, config), await ruleFinding(bucket, config.prefix)]
    return { ok: findings.every(({ level }) => level !== 'error'), findings }
  } finally {
    client.destroy()
  }
}

async function probeFinding(
  bucket: Bucket,
  { prefix, readBack }: { prefix: string; readBack: boolean },
): Promise<S3Finding> {
  try {
    await probeStore(bucket, objectKeys(prefix).probe, { readBack })
    return { level: 'info', text: `s3://${bucket.name}/${prefix} keeps what blobs rest on` }
  } catch (thrown) {
    return { level: 'error', text: PlatformError.from(thrown).message }
  }
}

async function ruleFinding(bucket: Bucket, prefix: string): Promise<S3Finding> {
  const advice =
    'uploads that a crash cut off are removed at the next start; with a rule (`lifecycle=manage`) they are even if there is none'
  try {
    return (await hasUploadRule(bucket, prefix))
      ? { level: 'info', text: 'a rule of the bucket ends uploads that nobody finishes' }
      : { level: 'warn', text: `no rule of the bucket ends uploads that nobody finishes: ${advice}` }
  } catch (thrown) {
    const text = `whether a rule of the bucket ends uploads that nobody finishes is not known (${PlatformError.from(thrown).message}): ${advice}`
    return { level: 'warn', text }
  }
}
