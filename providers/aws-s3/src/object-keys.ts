/** Where things are in the bucket, below the installation's prefix. */
export interface ObjectKeys {
  /** `<blobs><digest>`: S3 spreads keys by itself, so one folder is enough. */
  blobs: string
  /** `<blocks><digest>`: the digests of a large blob's blocks, by which a stretch of it can be checked. */
  blocks: string
  /** What the start-up probe writes, and removes. */
  probe: string
  /** Whose prefix this is. */
  installation: string
}

export const objectKeys = (prefix: string): ObjectKeys => ({
  blobs: `${prefix}blobs/`,
  blocks: `${prefix}blocks/`,
  probe: `${prefix}probe/`,
  installation: `${prefix}installation`,
})
