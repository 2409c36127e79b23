import {
  type BucketLocationConstraint,
  CreateBucketCommand,
  GetBucketTaggingCommand,
  HeadBucketCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutPublicAccessBlockCommand,
  type Tag,
} from '@aws-sdk/client-s3'
import { PlatformError } from '@openzimki/core'
import { codeAs, errorName } from '../map-error.ts'
import { ensure, type SetupRun, settled } from './ensure.ts'
import { bucketName, isPart, ownBucket, requiredTags } from './setup-names.ts'

const NONE = /^(NotFound|NoSuchBucket)$/
const UNTAGGED = /^(NoSuchTagSet|NoSuchTagSetError)$/
/** us-east-1 has no name where a bucket is made. */
const FIRST_REGION = 'us-east-1'
const UPLOAD_DAYS = 2

/** The bucket of agent and blobs: private, encrypted, over TLS only. ALREADY_EXISTS: the name is a stranger's. */
export async function ensureBucket(run: SetupRun, account: string): Promise<string> {
  const name = bucketName(run.setup, account)
  await ensure(run, {
    name: 'bucket',
    find: async () => ((await isOurs(run, name)) ? name : undefined),
    create: async () => createBucket(run, name),
    idOf: (it) => it,
  })
  for (const rule of rulesOf(run, name)) await settled(run, rule)
  return name
}

/** Whether it is there. It has its tags from the beginning, so one without them is not ours, empty or not. */
async function isOurs(run: SetupRun, Bucket: string): Promise<boolean> {
  if (!(await isThere(run, Bucket))) return false
  if (isPart(await bucketTags(run, Bucket), run.setup.owner, 'bucket')) return true
  throw stranger(Bucket)
}

async function isThere({ s3 }: SetupRun, Bucket: string): Promise<boolean> {
  try {
    return (await codeAs(s3.send(new HeadBucketCommand(ownBucket(Bucket))), NONE, null)) !== null
  } catch (thrown) {
    // Of another account; or ours, and these credentials may not look.
    const status = (thrown as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode
    if (status === 403 || errorName(thrown) === 'Forbidden') throw stranger(Bucket)
    throw thrown
  }
}

/** None where the bucket has none. */
export async function bucketTags({ s3 }: Pick<SetupRun, 's3'>, Bucket: string): Promise<Tag[]> {
  return (await codeAs(s3.send(new GetBucketTaggingCommand(ownBucket(Bucket))), UNTAGGED, null))?.TagSet ?? []
}

async function createBucket(run: SetupRun, Bucket: string): Promise<string> {
  const { s3, setup } = run
  const { region } = setup
  const where = region === FIRST_REGION ? {} : { LocationConstraint: region as BucketLocationConstraint }
  const CreateBucketConfiguration = { ...where, Tags: requiredTags(setup, 'bucket') }
  const create = { Bucket, CreateBucketConfiguration, ObjectOwnership: 'BucketOwnerEnforced' as const }
  const made = await codeAs(s3.send(new CreateBucketCommand(create)), /^BucketAlreadyOwnedByYou$/, null)
  // A lost answer to the same call, or somebody was faster.
  if (made === null) await isOurs(run, Bucket)
  else await settled(run, () => tagNewBucket(run, Bucket))
  return Bucket
}

/** A store that does not know tags at creation has left them out; S3 knows them. */
async function tagNewBucket(run: SetupRun, Bucket: string): Promise<void> {
  if (isPart(await bucketTags(run, Bucket), run.setup.owner, 'bucket')) return
  const Tagging = { TagSet: requiredTags(run.setup, 'bucket') }
  await run.s3.send(new PutBucketTaggingCommand({ ...ownBucket(Bucket), Tagging }))
}

/** Each may be set again. Versions are not kept: a blob never changes, so an old version is what garbage collection removed. */
function rulesOf({ s3, isPlainHttp }: SetupRun, Bucket: string): (() => Promise<unknown>)[] {
  const closed = {
    ...{ BlockPublicAcls: true, IgnorePublicAcls: true },
    ...{ BlockPublicPolicy: true, RestrictPublicBuckets: true },
  }
  const encrypted = { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' as const } }
  const unfinished = {
    ...{ ID: 'openzimki-unfinished-uploads-all', Status: 'Enabled' as const, Filter: { Prefix: '' } },
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: UPLOAD_DAYS },
  }
  const Rules = [unfinished]
  const own = ownBucket(Bucket)
  return [
    () => s3.send(new PutPublicAccessBlockCommand({ ...own, PublicAccessBlockConfiguration: closed })),
    () =>
      s3.send(
        new PutBucketEncryptionCommand({
          ...own,
          ServerSideEncryptionConfiguration: { Rules: [encrypted] },
        }),
      ),
    () => s3.send(new PutBucketLifecycleConfigurationCommand({ ...own, LifecycleConfiguration: { Rules } })),
    // A server of the operator's own may be plain HTTP on this host.
    ...(isPlainHttp ? [] : [() => s3.send(new PutBucketPolicyCommand({ ...own, Policy: tlsOnly(Bucket) }))]),
  ]
}

const tlsOnly = (bucket: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        ...{ Sid: 'TlsOnly', Effect: 'Deny', Principal: '*', Action: 's3:*' },
        Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ],
  })

const stranger = (bucket: string) =>
  new PlatformError(
    'ALREADY_EXISTS',
    `aws setup: bucket ${bucket} is there without the tags of this set-up, or may not be looked at, so it is not touched: remove it if it is yours, or take another --owner`,
  )
