import type { Bucket } from './bucket.ts'
import { abortUpload, unfinishedUploads } from './multipart.ts'

/** Ends uploads that nobody will finish: those of a process that was killed, or whose id was lost with an answer. */
export class UploadSweeper {
  readonly #bucket: Bucket
  readonly #prefix: string
  readonly #active: ReadonlySet<string>
  #seen = new Set<string>()

  constructor(bucket: Bucket, prefix: string, active: ReadonlySet<string>) {
    this.#bucket = bucket
    this.#prefix = prefix
    this.#active = active
  }

  /**
   * Those that are not active and were there at the last sweep: one that has just begun may not be known as active yet. No clocks are
   * compared. Gives their number.
   */
  async sweep(): Promise<number> {
    const seen = new Set<string>()
    let aborted = 0
    for await (const upload of unfinishedUploads(this.#bucket, this.#prefix)) {
      if (this.#active.has(upload.uploadId)) continue
      if (this.#seen.has(upload.uploadId)) {
        await abortUpload(this.#bucket, upload)
        aborted += 1
      } else seen.add(upload.uploadId)
    }
    this.#seen = seen
    return aborted
  }
}
