import { createHash } from 'node:crypto'
import type { Filter, Tag, TagSpecification } from '@aws-sdk/client-ec2'
import { ownerFilter, ownerTags, readOwner, tagValue } from '../machine-tags.ts'
import type { SetupConfig } from './setup-config.ts'

/** Which part of a set-up a resource is. Machines and what belongs to them do not bear it. */
export const PART_TAG = 'openzimki:setup'
export type Part =
  | 'vpc'
  | 'subnet-1'
  | 'subnet-2'
  | 'gateway'
  | 'routes'
  | 'group'
  | 'bucket'
  | 'role'
  | 'profile'

/** Roles and profiles of all set-ups are below it, so that they can be listed without all others of the account. */
export const IAM_PATH = '/openzimki/'
/** Of the bucket: what machines fetch, and blobs. */
export const BUNDLE_PREFIX = 'zimki/'
export const BLOB_PREFIX = 'blobs/'

type Named = Pick<SetupConfig, 'owner' | 'region'>
type Tagged = Pick<SetupConfig, 'owner' | 'tags'>

const digest = (owner: string) => createHash('sha256').update(owner).digest('hex').slice(0, 12)

/** Of the role and of the instance profile. IAM is one for all regions, hence the region. */
export const roleName = ({ owner, region }: Named): string => `zimki-machine-${digest(owner)}-${region}`

/** Buckets of all accounts share their names, hence the account. */
export const bucketName = ({ owner, region }: Named, account: string): string =>
  `${bucketStem(owner)}${account}-${region}`
/** For each call about a bucket: AWS refuses it where the bucket is not of the account that its name says. */
export const ownBucket = (Bucket: string): { Bucket: string; ExpectedBucketOwner: string } => ({
  Bucket,
  ExpectedBucketOwner: /^zimki-[0-9a-f]+-(\d+)-/.exec(Bucket)?.[1] ?? '',
})
export const bucketStem = (owner: string): string => `zimki-${digest(owner)}-`

export function partTags({ owner, tags }: Tagged, part: Part): Tag[] {
  return [
    { Key: 'Name', Value: `zimki ${owner} ${part}` },
    ...ownerTags(owner, tags),
    { Key: PART_TAG, Value: part },
  ]
}

/** The same, with all there at once as IAM and S3 want it. */
export const requiredTags = (setup: Tagged, part: Part): { Key: string; Value: string }[] =>
  partTags(setup, part).map(({ Key = '', Value = '' }) => ({ Key, Value }))

export const partSpecification = (
  setup: Tagged,
  part: Part,
  ResourceType: NonNullable<TagSpecification['ResourceType']>,
): TagSpecification[] => [{ ResourceType, Tags: partTags(setup, part) }]

/** All parts. */
export const partFilter = (owner: string): Filter[] => [
  ownerFilter(owner),
  { Name: 'tag-key', Values: [PART_TAG] },
]

export const partFilters = (owner: string, part: Part): Filter[] => [
  ownerFilter(owner),
  { Name: `tag:${PART_TAG}`, Values: [part] },
]

/** Filters of AWS know wildcards, so what counts is the tag itself. */
export const isPart = (tags: Tag[] | undefined, owner: string, part?: Part): boolean => {
  const its = tagValue(tags, PART_TAG)
  return readOwner(tags) === owner && its !== undefined && (part === undefined || its === part)
}
