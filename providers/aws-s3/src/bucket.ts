import type { Readable } from 'node:stream'
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
} from '@aws-sdk/client-s3'
import { isBehindEnd, isMissing, isPrecondition, isWriteConflict, mapError } from './map-error.ts'

export interface ObjectHead {
  size: number
  metadata: Record<string, string>
  modifiedMs: number
}

export interface ObjectBody {
  stream: Readable
  /** As the store says it. */
  size: number
}

/** Of metadata, which travels as headers. */
export type Metadata = Record<string, string>

const CONFLICT_TRIES = 5

/** The objects of one bucket, in the few calls that we make. Errors are ours; what is missing is null or false. */
export class Bucket {
  readonly name: string
  readonly client: S3Client

  constructor(client: S3Client, name: string) {
    this.client = client
    this.name = name
  }

  async head(key: string): Promise<ObjectHead | null> {
    const found = await this.run(
      () => this.client.send(new HeadObjectCommand({ Bucket: this.name, Key: key })),
      isMissing,
    )
    if (!found) return null
    const { ContentLength = 0, Metadata = {}, LastModified } = found
    return { size: ContentLength, metadata: Metadata, modifiedMs: LastModified?.getTime() ?? 0 }
  }

  /** From `start` to `end`, exclusive. Null when there is no such object; a range behind its end is one of no bytes. */
  async get(key: string, range?: { start: number; end?: number }): Promise<ObjectBody | null> {
    const last = range?.end === undefined ? '' : range.end - 1
    const Range = range ? `bytes=${range.start}-${last}` : undefined
    const found = await this.run(
      () => this.client.send(new GetObjectCommand({ Bucket: this.name, Key: key, Range })),
      (thrown) => isMissing(thrown) || isBehindEnd(thrown),
    )
    return found ? { stream: found.Body as Readable, size: found.ContentLength ?? 0 } : null
  }

  /** Only where nothing is yet; false where something is. The store checks `sha256` (hex) against what it got. */
  putNew(key: string, body: Uint8Array, sha256: string, metadata: Metadata): Promise<boolean> {
    const command = this.#put(key, body, sha256, { Metadata: metadata, IfNoneMatch: '*' })
    return this.ifNew(() => this.client.send(command))
  }

  /** In place of what is there. */
  async put(key: string, body: Uint8Array, sha256: string): Promise<void> {
    await this.run(() => this.client.send(this.#put(key, body, sha256, {})))
  }

  #put(
    key: string,
    body: Uint8Array,
    sha256: string,
    more: Partial<PutObjectCommandInput>,
  ): PutObjectCommand {
    const ChecksumSHA256 = Buffer.from(sha256, 'hex').toString('base64')
    return new PutObjectCommand({ Bucket: this.name, Key: key, Body: body, ChecksumSHA256, ...more })
  }

  /** New metadata for what is there, without moving its bytes; false when it is not there. */
  async restamp(key: string, metadata: Metadata): Promise<boolean> {
    const command = new CopyObjectCommand({
      ...{ Bucket: this.name, Key: key, CopySource: `${this.name}/${encodeURIComponent(key)}` },
      ...{ Metadata: metadata, MetadataDirective: 'REPLACE' },
    })
    return (await this.run(() => this.client.send(command), isMissing)) !== null
  }

  /** No error when it is gone. */
  async delete(key: string): Promise<void> {
    await this.run(
      () => this.client.send(new DeleteObjectCommand({ Bucket: this.name, Key: key })),
      isMissing,
    )
  }

  /** Keys that begin so, in order, after that one; fewer than `limit` are all there are. */
  async list(prefix: string, after: string, limit: number): Promise<string[]> {
    const keys: string[] = []
    for (let token: string | undefined, more = true; more && keys.length < limit; ) {
      const page = await this.run(() =>
        this.client.send(
          new ListObjectsV2Command({
            ...{ Bucket: this.name, Prefix: prefix, MaxKeys: Math.min(1_000, limit - keys.length) },
            ...(token ? { ContinuationToken: token } : { StartAfter: after || undefined }),
          }),
        ),
      )
      keys.push(...(page?.Contents ?? []).flatMap(({ Key }) => Key ?? []))
      token = page?.NextContinuationToken
      more = token !== undefined
    }
    return keys
  }

  /** Whether a conditional write was done; where two write at once, the store may ask to try again. */
  async ifNew(write: () => Promise<unknown>): Promise<boolean> {
    for (let tried = 1; ; tried++) {
      try {
        await write()
        return true
      } catch (thrown) {
        if (isPrecondition(thrown)) return false
        if (!isWriteConflict(thrown) || tried >= CONFLICT_TRIES) throw mapError(thrown, this.name)
      }
    }
  }

  /** Null where `unless` knows the error. */
  async run<T>(
    request: () => Promise<T>,
    unless: (thrown: unknown) => boolean = () => false,
  ): Promise<T | null> {
    try {
      return await request()
    } catch (thrown) {
      if (unless(thrown)) return null
      throw mapError(thrown, this.name)
    }
  }
}
