import { PlatformError } from '@openzimki/core'
import { type BlobStore, openFileBlobStore } from '@openzimki/store'
import { checkBlobPlace, writeBlobPlace } from './blob-place.ts'
import { streamRelief } from './stream-relief.ts'

const SWEEP_UPLOADS_MS = 3_600_000

export interface BlobOptions {
  /** In the data folder. */
  folder: string
  /** `s3://...`, or empty: in the folder. */
  place: string
  /** Of this installation. */
  owner: string
}

/** Blobs where the operator says; INVALID_ARGUMENT when this installation has them elsewhere. Fails as openS3BlobStore does. */
export async function openBlobs(options: BlobOptions): Promise<BlobStore> {
  await checkBlobPlace(options)
  const blobs = await openPlace(options)
  await writeBlobPlace(options)
  return blobs
}

/** The same without looking where the installation has its blobs. */
export async function openPlace({ folder, place, owner }: BlobOptions): Promise<BlobStore> {
  if (place === '') return openFileBlobStore({ directory: folder })
  if (!place.startsWith('s3:'))
    throw new PlatformError('INVALID_ARGUMENT', 'a place for blobs is written s3://bucket/prefix')
  // Only here, so that nobody else loads the SDK.
  const { openS3BlobStore, parseS3Url } = await import('@openzimki/provider-aws-s3')
  const config = parseS3Url(place)
  const blobs = await openS3BlobStore({ config, owner, spoolFolder: folder, onBytes: streamRelief() })
  const sweep = setInterval(() => {
    // What cannot be swept now is swept at the next time.
    blobs.sweepUploads().catch(() => undefined)
  }, SWEEP_UPLOADS_MS)
  sweep.unref()
  return blobs
}
