import { createHash, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { S3Client } from '@aws-sdk/client-s3'
import { type Clock, systemClock } from '@openzimki/core'
import { Bucket } from '../bucket.ts'
import { checkConfig, type S3Config } from '../config.ts'
import { openClient } from '../open-client.ts'
import { type OpenOptions, openS3BlobStore } from '../open-s3-blob-store.ts'
import { BucketBlobStore, type S3BlobStore } from '../s3-blob-store.ts'
import { plainClient, setTestKeys, TEST_BUCKET, type TestStore } from './test-bucket.ts'

/** The smallest that S3 takes. */
export const PART_BYTES = 5 * 1024 ** 2

/** A server with a bucket, and stores in prefixes of their own. */
export class S3TestBed {
  readonly store: TestStore
  /** Knows nothing of ours. */
  readonly plain: S3Client
  readonly spoolFolder: string
  readonly settings: Partial<S3Config>
  readonly #opened: S3BlobStore[] = []

  private constructor(store: TestStore, spoolFolder: string, settings: Partial<S3Config>) {
    this.store = store
    this.spoolFolder = spoolFolder
    this.settings = settings
    this.plain = plainClient(store.endpoint)
  }

  static async start(start: () => Promise<TestStore>, settings: Partial<S3Config>): Promise<S3TestBed> {
    setTestKeys()
    const spoolFolder = await mkdtemp(join(tmpdir(), 's3-spool-'))
    return new S3TestBed(await start(), spoolFolder, settings)
  }

  config(change: Partial<S3Config> = {}): S3Config {
    const { endpoint } = this.store
    return {
      ...{ bucket: TEST_BUCKET, prefix: `${randomUUID()}/`, endpoint, partBytes: PART_BYTES },
      ...this.settings,
      ...change,
    }
  }

  /** As the platform opens one, with all it looks at first. */
  async open(config: S3Config, options: Partial<OpenOptions> = {}): Promise<S3BlobStore> {
    const { spoolFolder } = this
    return this.#keep(await openS3BlobStore({ config, owner: 'test', spoolFolder, ...options }))
  }

  /** Without looking whether the store can be relied on. */
  openUnprobed(given: S3Config, clock: Clock = systemClock): S3BlobStore {
    const config = checkConfig(given)
    const bucket = new Bucket(openClient(config), config.bucket)
    return this.#keep(new BucketBlobStore({ bucket, config, clock, spoolFolder: this.spoolFolder }))
  }

  #keep(store: S3BlobStore): S3BlobStore {
    this.#opened.push(store)
    return store
  }

  async close(): Promise<void> {
    for (const store of this.#opened) await store.close()
    this.plain.destroy()
    await this.store.close()
    await rm(this.spoolFolder, { recursive: true, force: true })
  }
}

export const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex')

/** Bytes that differ from block to block, always the same ones. */
export function noise(size: number): Buffer {
  const bytes = Buffer.alloc(size)
  for (let at = 0; at + 4 <= size; at += 4) bytes.writeUInt32LE(Math.imul(at, 2654435761) >>> 0, at)
  return bytes
}

export async function* chunksOf(content: Uint8Array, size = 100_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size)
}

export async function readAll(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of content) parts.push(part)
  return Buffer.concat(parts)
}
