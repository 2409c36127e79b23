import { type Clock, systemClock } from '@openzimki/core'
import { Bucket } from './bucket.ts'
import { claimPrefix } from './claim-prefix.ts'
import { checkConfig, type S3Config } from './config.ts'
import { ensureUploadRule } from './lifecycle.ts'
import { objectKeys } from './object-keys.ts'
import { openClient } from './open-client.ts'
import { probeStore } from './probe/probe-store.ts'
import { removeLeftovers } from './remove-leftovers.ts'
import { BucketBlobStore, type S3BlobStore } from './s3-blob-store.ts'

export interface OpenOptions {
  config: S3Config
  /** The installation whose blobs these are: a prefix belongs to one. */
  owner: string
  /** A local folder with room for what is being uploaded. */
  spoolFolder: string
  clock?: Clock
  /** Hears how many bytes were read from the bucket, each time that some were. */
  onBytes?(bytes: number): void
}

/**
 * Blobs in S3. Looks first whether the store keeps what the platform rests on, and refuses one that does not; removes what a killed
 * process left. A prefix belongs to one process at a time. INVALID_ARGUMENT for settings that cannot work, UNSUPPORTED for a store that
 * cannot be relied on, CONFLICT for the place of another installation, UNAVAILABLE.
 */
export async function openS3BlobStore(options: OpenOptions): Promise<S3BlobStore> {
  const { owner, spoolFolder, clock = systemClock, onBytes } = options
  const config = checkConfig(options.config)
  const client = openClient(config)
  const bucket = new Bucket(client, config.bucket)
  const keys = objectKeys(config.prefix)
  try {
    await probeStore(bucket, keys.probe, { readBack: config.readBack })
    await claimPrefix(bucket, keys.installation, owner)
    await removeLeftovers(bucket, keys)
    if (config.lifecycle === 'manage') await ensureUploadRule(bucket, config.prefix)
    return new BucketBlobStore({ bucket, config, spoolFolder, clock, onBytes })
  } catch (thrown) {
    client.destroy()
    throw thrown
  }
}
