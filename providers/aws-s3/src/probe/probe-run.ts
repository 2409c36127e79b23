import { createHash, randomBytes } from 'node:crypto'
import { PlatformError } from '@openzimki/core'
import type { Bucket, ObjectBody } from '../bucket.ts'

/** Longer than what a server keeps apart from its files. */
const SAMPLE_BYTES = 10_000

export interface Sample {
  bytes: Uint8Array
  sha256: string
}

/** Content that no earlier probe left. */
export function newSample(): Sample {
  const bytes = randomBytes(SAMPLE_BYTES)
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') }
}

/** One look at a store, in a folder of its own. */
export interface ProbeRun {
  bucket: Bucket
  folder: string
}

/** UNSUPPORTED unless it is so. */
export function insist(isSo: boolean, { name }: Bucket, does: string, hence: string): asserts isSo {
  if (isSo) return
  throw new PlatformError(
    'UNSUPPORTED',
    `blobs in ${name}: this store cannot be relied on: it ${does}, so ${hence}. Use another store, or take away what stands before this one`,
    { details: { reason: 'UNRELIABLE' } },
  )
}

/** All bytes, but not more than a sample and one. */
export async function bytesOf(body: ObjectBody | null): Promise<Buffer | null> {
  if (!body) return null
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of body.stream) {
    parts.push(part)
    length += (part as Uint8Array).length
    if (length > SAMPLE_BYTES) break
  }
  return Buffer.concat(parts)
}

/** True when the store refused it for its content; what else goes wrong is no refusal. */
export async function refuses(work: Promise<unknown>): Promise<boolean> {
  try {
    await work
    return false
  } catch (thrown) {
    const { details } = PlatformError.from(thrown)
    if (details.status === 400 || details.status === 422) return true
    throw thrown
  }
}
