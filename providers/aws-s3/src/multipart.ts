import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import type { Bucket, Metadata } from './bucket.ts'
import { isMissing, isNoUpload } from './map-error.ts'

export interface UnfinishedUpload {
  key: string
  uploadId: string
}

/** An upload in parts. What is not completed is to be aborted: the store keeps, and charges for, its parts. */
export class MultipartUpload implements UnfinishedUpload {
  readonly key: string
  readonly uploadId: string
  readonly #bucket: Bucket
  readonly #parts: CompletedPart[] = []

  private constructor(bucket: Bucket, key: string, uploadId: string) {
    this.#bucket = bucket
    this.key = key
    this.uploadId = uploadId
  }

  static async start(bucket: Bucket, key: string, metadata: Metadata): Promise<MultipartUpload> {
    const command = new CreateMultipartUploadCommand({
      ...{ Bucket: bucket.name, Key: key, Metadata: metadata },
      ChecksumAlgorithm: 'SHA256',
    })
    const started = await bucket.run(() => bucket.client.send(command))
    return new MultipartUpload(bucket, key, started?.UploadId ?? '')
  }

  /** Numbers are from 1. The store checks `sha256` (hex) against what it got. */
  async upload(number: number, body: Uint8Array, sha256: string): Promise<void> {
    const ChecksumSHA256 = Buffer.from(sha256, 'hex').toString('base64')
    const command = new UploadPartCommand({
      ...{ Bucket: this.#bucket.name, Key: this.key, UploadId: this.uploadId },
      ...{ PartNumber: number, Body: body, ChecksumSHA256 },
    })
    const done = await this.#bucket.run(() => this.#bucket.client.send(command))
    this.#parts[number - 1] = { PartNumber: number, ETag: done?.ETag, ChecksumSHA256 }
  }

  /** Makes one object of the parts, only where nothing is yet; false where something is. */
  async complete(): Promise<boolean> {
    const command = new CompleteMultipartUploadCommand({
      ...{ Bucket: this.#bucket.name, Key: this.key, UploadId: this.uploadId },
      ...{ MultipartUpload: { Parts: this.#parts }, IfNoneMatch: '*' },
    })
    return this.#bucket.ifNew(async () => {
      try {
        await this.#bucket.client.send(command)
      } catch (thrown) {
        // Its first answer was lost: the second finds no upload, but what was to be made of it.
        if (isNoUpload(thrown) && (await this.#bucket.head(this.key))) return
        throw thrown
      }
    })
  }

  abort(): Promise<void> {
    return abortUpload(this.#bucket, this)
  }
}

/** No error when it is gone. */
export async function abortUpload(bucket: Bucket, { key, uploadId }: UnfinishedUpload): Promise<void> {
  const command = new AbortMultipartUploadCommand({ Bucket: bucket.name, Key: key, UploadId: uploadId })
  await bucket.run(
    () => bucket.client.send(command),
    (thrown) => isNoUpload(thrown) || isMissing(thrown),
  )
}

/** All uploads to keys that begin so which are neither completed nor aborted. */
export async function* unfinishedUploads(bucket: Bucket, prefix: string): AsyncGenerator<UnfinishedUpload> {
  for (let from: { KeyMarker?: string; UploadIdMarker?: string } | null = {}; from; ) {
    const command: ListMultipartUploadsCommand = new ListMultipartUploadsCommand({
      ...{ Bucket: bucket.name, Prefix: prefix },
      ...from,
    })
    const page = await bucket.run(() => bucket.client.send(command))
    for (const { Key, UploadId } of page?.Uploads ?? []) {
      // Some servers do not look at the prefix.
      if (Key?.startsWith(prefix) && UploadId) yield { key: Key, uploadId: UploadId }
    }
    const { IsTruncated, NextKeyMarker, NextUploadIdMarker } = page ?? {}
    from = IsTruncated ? { KeyMarker: NextKeyMarker, UploadIdMarker: NextUploadIdMarker } : null
  }
}
