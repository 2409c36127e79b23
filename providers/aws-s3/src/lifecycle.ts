import {
  GetBucketLifecycleConfigurationCommand,
  type LifecycleRule,
  PutBucketLifecycleConfigurationCommand,
} from '@aws-sdk/client-s3'
import type { Bucket } from './bucket.ts'
import { isUnconfigured } from './map-error.ts'

const DAYS = 2

/** Ends uploads that nobody finished, even if no platform ever starts again. It removes no object. */
export const uploadRule = (prefix: string): LifecycleRule => ({
  ID: `openzimki-unfinished-uploads-${prefix.replace(/\/$/, '') || 'all'}`.slice(0, 255),
  Status: 'Enabled',
  Filter: { Prefix: prefix },
  AbortIncompleteMultipartUpload: { DaysAfterInitiation: DAYS },
})

/** Whether a rule of the bucket, ours or another, covers the prefix. */
export async function hasUploadRule(bucket: Bucket, prefix: string): Promise<boolean> {
  return (await rulesOf(bucket)).some((rule) => covers(rule, prefix))
}

/** Adds the rule where none does its work; the bucket's other rules stay. */
export async function ensureUploadRule(bucket: Bucket, prefix: string): Promise<void> {
  const rules = await rulesOf(bucket)
  if (rules.some((rule) => covers(rule, prefix))) return
  const own = uploadRule(prefix)
  const command = new PutBucketLifecycleConfigurationCommand({
    Bucket: bucket.name,
    LifecycleConfiguration: { Rules: [...rules.filter(({ ID }) => ID !== own.ID), own] },
    ChecksumAlgorithm: 'SHA256',
  })
  await bucket.run(() => bucket.client.send(command))
}

async function rulesOf(bucket: Bucket): Promise<LifecycleRule[]> {
  const command = new GetBucketLifecycleConfigurationCommand({ Bucket: bucket.name })
  return (await bucket.run(() => bucket.client.send(command), isUnconfigured))?.Rules ?? []
}

/** Whole prefixes only; a filter by tag or size covers not all. */
function covers(
  { Status, Filter, Prefix, AbortIncompleteMultipartUpload }: LifecycleRule,
  prefix: string,
): boolean {
  if (Status !== 'Enabled' || !AbortIncompleteMultipartUpload) return false
  const { Prefix: filtered, ...others } = Filter ?? {}
  if (Object.values(others).some((one) => one !== undefined)) return false
  return prefix.startsWith(filtered ?? Prefix ?? '')
}
