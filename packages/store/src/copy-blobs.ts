import { PlatformError } from '@openzimki/core'
import type { BlobStore } from './contract.ts'

const AT_ONCE = 4

export interface CopyReport {
  /** Blobs that were copied, and those that were there already. */
  copied: number
  present: number
  /** Of what was copied. */
  bytes: number
}

/**
 * Copies all blobs, each compared by its digest on the way in. What is there already in the same size is left alone, so a copy that was cut off goes on
 * where it was. The source is left as it is; nobody may write to it meanwhile. Errors are those of the two stores.
 */
export async function copyBlobs(options: {
  from: BlobStore
  to: BlobStore
  onProgress?(report: Readonly<CopyReport>): void
}): Promise<CopyReport> {
  const { from, to, onProgress } = options
  const report: CopyReport = { copied: 0, present: 0, bytes: 0 }
  for (let after = ''; ; ) {
    const digests = await from.list({ after })
    const last = digests.at(-1)
    if (last === undefined) return report
    const left = [...digests]
    const work = async (): Promise<void> => {
      for (let digest = left.shift(); digest !== undefined; digest = left.shift()) {
        await copyBlob(from, to, digest, report)
        onProgress?.(report)
      }
    }
    const workers = await Promise.allSettled(Array.from({ length: AT_ONCE }, work))
    const failed = workers.find((one) => one.status === 'rejected')
    if (failed) throw PlatformError.from(failed.reason)
    after = last
  }
}

async function copyBlob(from: BlobStore, to: BlobStore, digest: string, report: CopyReport): Promise<void> {
  const size = (await from.stat(digest))?.size
  if (size !== undefined && (await to.stat(digest))?.size === size) {
    report.present += 1
    return
  }
  const stored = await to.put(await from.get(digest), { digest })
  report.copied += 1
  report.bytes += stored.size
}
