import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Bucket } from './bucket.ts'

const schema = z.object({
  blockBytes: z.number().int().positive(),
  /** Of each block in order, in hex. */
  sha256: z.array(z.string().regex(/^[0-9a-f]{64}$/)),
})

/** The digests of a large blob's blocks, kept beside it: a stretch is checked by those that it touches. */
export type BlockDigests = z.output<typeof schema>

/** Blobs whose digests are remembered. */
const REMEMBERED = 200
/** Of a file of them: that of a blob of 5 GiB has a tenth. */
const MAX_BYTES = 1024 * 1024

export class BlockDigestStore {
  readonly #bucket: Bucket
  readonly #folder: string
  readonly #remembered = new Map<string, BlockDigests>()

  constructor(bucket: Bucket, folder: string) {
    this.#bucket = bucket
    this.#folder = folder
  }

  async put(digest: string, digests: BlockDigests): Promise<void> {
    const body = Buffer.from(JSON.stringify(digests))
    await this.#bucket.put(this.#folder + digest, body, createHash('sha256').update(body).digest('hex'))
  }

  /** Null when there are none for a blob of this size: then it has to be read whole. */
  async get(digest: string, size: number): Promise<BlockDigests | null> {
    const known = this.#remembered.get(digest) ?? (await this.#load(digest))
    if (!known || known.sha256.length !== Math.ceil(size / known.blockBytes)) return null
    this.#remembered.delete(digest)
    this.#remembered.set(digest, known)
    const [oldest] = this.#remembered.keys()
    if (this.#remembered.size > REMEMBERED && oldest) this.#remembered.delete(oldest)
    return known
  }

  async delete(digest: string): Promise<void> {
    this.#remembered.delete(digest)
    await this.#bucket.delete(this.#folder + digest)
  }

  async #load(digest: string): Promise<BlockDigests | null> {
    const found = await this.#bucket.get(this.#folder + digest)
    if (!found) return null
    const parts: Uint8Array[] = []
    let bytes = 0
    for await (const part of found.stream) {
      bytes += part.length
      if (bytes > MAX_BYTES) break
      parts.push(part)
    }
    return parse(Buffer.concat(parts).toString())
  }
}

function parse(text: string): BlockDigests | null {
  try {
    const parsed = schema.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : null
  } catch {
    // Not JSON: as good as none.
    return null
  }
}
