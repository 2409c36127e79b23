import { type Clock, isDigest } from '@openzimki/core'
import { type BlobStore, checkDigest, checkRange, noBlob, otherContent } from '@openzimki/store'
import { BlockDigestStore } from './block-digests.ts'
import type { Bucket, ObjectBody } from './bucket.ts'
import { BufferPool } from './buffer-pool.ts'
import type { CheckedS3Config } from './config.ts'
import { mapError } from './map-error.ts'
import { type ObjectKeys, objectKeys } from './object-keys.ts'
import { presignRead, type SignedRead } from './presign-read.ts'
import { resumedRead } from './resumed-read.ts'
import { type Received, receive } from './spool.ts'
import { Turns } from './turns.ts'
import { eachPart, type UploadOptions, uploadParts, uploadWhole } from './upload.ts'
import { UploadSweeper } from './upload-sweeper.ts'
import { verifiedRead } from './verified-read.ts'

/** S3 copies, and so makes new, what is not larger in one request. */
export const MAX_BLOB_BYTES = 5 * 1024 ** 3
/** What all uploads together hold in memory, in parts. */
const PARTS_IN_MEMORY = 3
const MAX_LIST = 1_000
/** S3's own time has whole seconds, and its own clock. */
const STAMP = 'stored-at-ms'
/** A blob that is deleted by somebody else between two of our requests is put again. */
const PUT_TRIES = 3

/** A BlobStore with what only S3 has. */
export interface S3BlobStore extends BlobStore {
  /**
   * A URL by which anybody reads this one blob until it expires, without credentials; whoever reads checks the digest. At most an hour,
   * and never longer than the platform's own credentials last. NOT_FOUND.
   */
  presignRead(digest: string, options?: { expiresInSeconds?: number }): Promise<SignedRead>
  /** Ends uploads that nobody will finish, at the second time it sees them; their number. To be called now and then. */
  sweepUploads(): Promise<number>
}

export interface S3BlobStoreParts {
  bucket: Bucket
  config: CheckedS3Config
  /** Where uploads wait until all of them has come. */
  spoolFolder: string
  clock: Clock
  /** Hears how many bytes were read from the bucket, each time that some were. */
  onBytes?(bytes: number): void
}

/** Blobs as objects of a bucket, below a prefix that belongs to one process. */
export class BucketBlobStore implements S3BlobStore {
  readonly #bucket: Bucket
  readonly #config: CheckedS3Config
  readonly #keys: ObjectKeys
  readonly #spoolFolder: string
  readonly #clock: Clock
  readonly #onBytes: S3BlobStoreParts['onBytes']
  readonly #turns = new Turns()
  readonly #uploading: Pick<UploadOptions, 'pool' | 'partBytes' | 'active'>
  readonly #blocks: BlockDigestStore
  readonly #sweeper: UploadSweeper

  constructor({ bucket, config, spoolFolder, clock, onBytes }: S3BlobStoreParts) {
    this.#onBytes = onBytes
    this.#bucket = bucket
    this.#config = config
    this.#keys = objectKeys(config.prefix)
    this.#spoolFolder = spoolFolder
    this.#clock = clock
    const { partBytes } = config
    this.#uploading = { partBytes, pool: new BufferPool(PARTS_IN_MEMORY, partBytes), active: new Set() }
    this.#blocks = new BlockDigestStore(bucket, this.#keys.blocks)
    this.#sweeper = new UploadSweeper(bucket, this.#keys.blobs, this.#uploading.active)
  }

  async put(
    content: AsyncIterable<Uint8Array>,
    options: { digest?: string; maxBytes?: number } = {},
  ): Promise<{ digest: string; size: number }> {
    const { digest: said, maxBytes = MAX_BLOB_BYTES } = options
    if (said !== undefined) checkDigest(said)
    const bounds = { maxBytes: Math.min(maxBytes, MAX_BLOB_BYTES), folder: this.#spoolFolder }
    const received = await receive(content, bounds)
    try {
      const { digest, size } = received
      if (said !== undefined && said !== digest) throw otherContent(digest, said)
      await this.#turns.run(digest, () => this.#keep(received))
      return { digest, size }
    } finally {
      await received.close()
    }
  }

  /** Uploads what is not there; of what is there, only its time is new. */
  async #keep(content: Received): Promise<void> {
    const { digest, size } = content
    const key = this.#keys.blobs + digest
    const put = size > this.#config.partBytes ? this.#putLarge : this.#putSmall
    for (let tried = 1; tried <= PUT_TRIES; tried++) {
      const metadata = { [STAMP]: String(this.#clock.nowMs()) }
      const job = { ...{ bucket: this.#bucket, key, content, metadata }, ...this.#uploading }
      if (await put.call(this, digest, job)) {
        if (this.#config.readBack) await this.#readBack(digest)
        return
      }
      if (await this.#bucket.restamp(key, metadata)) return
    }
    throw mapError(new Error('a blob was deleted as often as it was put'), this.#bucket.name)
  }

  #putSmall(_: string, job: UploadOptions): Promise<boolean> {
    return uploadWhole(job)
  }

  /** Digests of its blocks are put after it and deleted before it: what is cut off leaves a blob without them, never them alone. */
  async #putLarge(digest: string, job: UploadOptions): Promise<boolean> {
    // To find it there at the end of its upload would be late.
    const there = await this.#bucket.head(job.key)
    if (there && (await this.#blocks.get(digest, there.size))) return false
    const digests = there ? await eachPart(job, async () => undefined) : await uploadParts(job)
    if (digests) await this.#blocks.put(digest, digests)
    return digests !== null && !there
  }

  /** What does not come back as it went is removed. */
  async #readBack(digest: string): Promise<void> {
    try {
      for await (const _ of await this.get(digest));
    } catch (thrown) {
      await this.#bucket.delete(this.#keys.blobs + digest)
      throw thrown
    }
  }

  async get(
    digest: string,
    range: { start?: number; end?: number } = {},
  ): Promise<AsyncIterable<Uint8Array>> {
    checkDigest(digest)
    checkRange(range)
    const { start = 0, end = Number.POSITIVE_INFINITY } = range
    const key = this.#keys.blobs + digest
    if (start === 0 && end === Number.POSITIVE_INFINITY) {
      const body = await this.#bucket.get(key)
      if (!body) throw noBlob(digest)
      return this.#readWhole(digest, body.size, 0, body.size, body)
    }
    const found = await this.#bucket.head(key)
    if (!found) throw noBlob(digest)
    return this.#readStretch(digest, found.size, start, Math.min(end, found.size))
  }

  #readWhole(digest: string, size: number, start: number, end: number, body?: ObjectBody) {
    const content = resumedRead(
      this.#bucket,
      this.#keys.blobs + digest,
      { start: 0, end: size },
      { first: body, onBytes: this.#onBytes },
    )
    return verifiedRead({ content, sha256: digest, start, end })
  }

  async *#readStretch(digest: string, size: number, start: number, end: number): AsyncGenerator<Uint8Array> {
    if (start >= end) return
    const large = size > this.#config.partBytes
    const blocks = large ? await this.#blocks.get(digest, size) : null
    if (!blocks) {
      yield* this.#readWhole(digest, size, start, end)
      return
    }
    const { blockBytes, sha256 } = blocks
    for (let index = Math.floor(start / blockBytes); index * blockBytes < end; index++) {
      const from = index * blockBytes
      const block = { start: from, end: Math.min(size, from + blockBytes) }
      const content = resumedRead(this.#bucket, this.#keys.blobs + digest, block, { onBytes: this.#onBytes })
      yield* verifiedRead({ content, sha256: sha256[index] ?? '', start: start - from, end: end - from })
    }
  }

  async stat(digest: string): Promise<{ size: number; storedAtMs: number } | null> {
    checkDigest(digest)
    const found = await this.#bucket.head(this.#keys.blobs + digest)
    if (!found) return null
    const stamp = Number(found.metadata[STAMP])
    // Blobs that another tool brought here have no stamp.
    return { size: found.size, storedAtMs: Number.isSafeInteger(stamp) ? stamp : found.modifiedMs }
  }

  /** Looks and deletes in one turn, as `put` keeps in one, so that garbage collection never takes a new blob. */
  async delete(digest: string, options: { unlessStoredSinceMs?: number } = {}): Promise<boolean> {
    checkDigest(digest)
    return this.#turns.run(digest, async () => {
      const found = await this.stat(digest)
      if (!found || found.storedAtMs >= (options.unlessStoredSinceMs ?? Number.POSITIVE_INFINITY))
        return false
      if (found.size > this.#config.partBytes) await this.#blocks.delete(digest)
      await this.#bucket.delete(this.#keys.blobs + digest)
      return true
    })
  }

  async list(options: { after?: string; limit?: number } = {}): Promise<string[]> {
    const { blobs } = this.#keys
    const limit = Math.min(options.limit ?? MAX_LIST, MAX_LIST)
    const digests: string[] = []
    for (let after = options.after ? blobs + options.after : ''; digests.length < limit; ) {
      const wanted = limit - digests.length
      const keys = await this.#bucket.list(blobs, after, wanted)
      // What others put there is no blob.
      digests.push(...keys.map((key) => key.slice(blobs.length)).filter(isDigest))
      after = keys.at(-1) ?? ''
      if (keys.length < wanted) break
    }
    return digests
  }

  async presignRead(digest: string, options: { expiresInSeconds?: number } = {}): Promise<SignedRead> {
    const found = await this.stat(digest)
    if (!found) throw noBlob(digest)
    const url = await presignRead(this.#bucket, this.#keys.blobs + digest, options.expiresInSeconds)
    return { ...url, digest, size: found.size }
  }

  sweepUploads(): Promise<number> {
    return this.#sweeper.sweep()
  }

  /** Uploads finish; reads are cut off. */
  async close(): Promise<void> {
    await this.#turns.idle()
    this.#bucket.client.destroy()
  }
}
