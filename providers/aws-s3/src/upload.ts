import { createHash } from 'node:crypto'
import type { BlockDigests } from './block-digests.ts'
import type { Bucket, Metadata } from './bucket.ts'
import type { BufferPool } from './buffer-pool.ts'
import { MultipartUpload } from './multipart.ts'
import type { Received } from './spool.ts'

const PARTS_AT_ONCE = 3

export interface UploadOptions {
  bucket: Bucket
  key: string
  content: Received
  metadata: Metadata
  pool: BufferPool
  partBytes: number
  /** Uploads of this process that are not finished: no sweep takes them. */
  active: Set<string>
}

/** Puts the content where nothing is yet, in one request. False where something is. */
export async function uploadWhole({ bucket, key, content, metadata, pool }: UploadOptions): Promise<boolean> {
  const put = async (buffer: Buffer) => {
    const read = await content.read(buffer, 0)
    return bucket.putNew(key, buffer.subarray(0, read), content.digest, metadata)
  }
  return content.inMemory ? put(Buffer.allocUnsafe(content.size)) : pool.lend(put)
}

/** The same in parts, whose digests it gives; null where something is. */
export async function uploadParts(options: UploadOptions): Promise<BlockDigests | null> {
  const { bucket, key, metadata, active } = options
  const multipart = await MultipartUpload.start(bucket, key, metadata)
  active.add(multipart.uploadId)
  try {
    const digests = await eachPart(options, (number, part, sha256) => multipart.upload(number, part, sha256))
    if (await multipart.complete()) return digests
    await multipart.abort()
    return null
  } catch (thrown) {
    // What went wrong first is what is told; what cannot be aborted now is swept later.
    await multipart.abort().catch(() => undefined)
    throw thrown
  } finally {
    active.delete(multipart.uploadId)
  }
}

/** The digests of the parts in order, each after `use` (numbers are from 1) is done with it; some at the same time. */
export async function eachPart(
  { content, pool, partBytes }: Pick<UploadOptions, 'content' | 'pool' | 'partBytes'>,
  use: (number: number, part: Uint8Array, sha256: string) => Promise<void>,
): Promise<BlockDigests> {
  const count = Math.ceil(content.size / partBytes)
  const sha256: string[] = Array(count)
  let next = 0
  let failed = false
  const work = async (): Promise<void> => {
    while (next < count && !failed) {
      const index = next++
      await pool.lend(async (buffer) => {
        const read = await content.read(buffer, index * partBytes)
        const part = buffer.subarray(0, read)
        const digest = createHash('sha256').update(part).digest('hex')
        await use(index + 1, part, digest)
        sha256[index] = digest
      })
    }
  }
  const workers = Array.from({ length: PARTS_AT_ONCE }, () =>
    work().catch((thrown) => {
      failed = true
      throw thrown
    }),
  )
  const [failure] = (await Promise.allSettled(workers)).filter((one) => one.status === 'rejected')
  if (failure) throw failure.reason
  return { blockBytes: partBytes, sha256 }
}
