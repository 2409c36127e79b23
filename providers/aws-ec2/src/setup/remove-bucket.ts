import {
  AbortMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { PlatformError } from '@openzimki/core'
import { codeAs } from '../map-error.ts'
import { BUNDLE_PREFIX, ownBucket } from './setup-names.ts'

const NONE = /^NoSuchBucket$/
const FULL = /^BucketNotEmpty$/

/** Whether it has anything but agents. */
export async function hasBlobs(s3: S3Client, Bucket: string): Promise<boolean> {
  const list = new ListObjectsV2Command({ ...ownBucket(Bucket), Delimiter: '/' })
  const { Contents = [], CommonPrefixes = [] } = (await codeAs(s3.send(list), NONE, null)) ?? {}
  return Contents.length > 0 || CommonPrefixes.some(({ Prefix }) => Prefix !== BUNDLE_PREFIX)
}

/** Removes it with all agents in it, and what else it has only if blobs may go. Gone already is removed. */
export async function removeBucket(s3: S3Client, Bucket: string, withBlobs: boolean): Promise<void> {
  const Prefix = withBlobs ? '' : BUNDLE_PREFIX
  await codeAs(empty(s3, Bucket, Prefix), NONE, null)
  const removed = await codeAs(s3.send(new DeleteBucketCommand(ownBucket(Bucket))), NONE, null).catch(
    (thrown) => codeAs(Promise.reject(thrown), FULL, 'full' as const),
  )
  if (removed === 'full') throw blobsThere(Bucket)
}

export const blobsThere = (bucket: string): PlatformError =>
  new PlatformError(
    'PERMISSION_DENIED',
    `aws setup: bucket ${bucket} has blobs, which are files of realms: copy them first (\`zimki admin move-blobs\`), or give --blobs to lose them`,
  )

/** With old versions, should somebody have switched them on, and uploads that nobody finished. */
async function empty(s3: S3Client, Bucket: string, Prefix: string): Promise<void> {
  for (;;) {
    const page = await s3.send(new ListObjectVersionsCommand({ ...ownBucket(Bucket), Prefix }))
    const Objects = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].map(
      ({ Key = '', VersionId }) => ({ Key, ...(VersionId === undefined ? {} : { VersionId }) }),
    )
    if (Objects.length === 0) break
    const { Errors: [refused] = [] } = await s3.send(
      new DeleteObjectsCommand({ ...ownBucket(Bucket), Delete: { Objects, Quiet: true } }),
    )
    if (refused) throw Object.assign(new Error(`${refused.Key}: ${refused.Message}`), { name: refused.Code })
  }
  const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ ...ownBucket(Bucket), Prefix }))
  for (const { Key, UploadId } of Uploads)
    await s3.send(new AbortMultipartUploadCommand({ ...ownBucket(Bucket), Key, UploadId }))
}
