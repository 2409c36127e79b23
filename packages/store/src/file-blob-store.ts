import { createHash, randomUUID } from 'node:crypto'
import { closeSync, openSync, readSync, renameSync, statSync, unlinkSync, utimesSync } from 'node:fs'
import { mkdir, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, isDigest, PlatformError, systemClock } from '@openzimki/core'
import { checkDigest, checkRange, noBlob, otherContent, tooLong } from './blob-arguments.ts'
import type { BlobStore } from './contract.ts'

/** A digest's file is `<first two>/<next two>/<digest>`, so that no folder grows large. */
const FAN_OUT = /^[0-9a-f]{2}$/
const MAX_LIST = 1_000
const READ_BYTES = 64 * 1024

/**
 * Blobs as files in a folder, which belongs to one process. A blob is written beside, synced, and renamed into place, so there is
 * never a part of one. What a crash left half written is removed at the next opening.
 */
export async function openFileBlobStore(options: { directory: string; clock?: Clock }): Promise<BlobStore> {
  const { directory, clock = systemClock } = options
  const incoming = join(directory, 'incoming')
  await rm(incoming, { recursive: true, force: true })
  await mkdir(incoming, { recursive: true })
  return new FileBlobStore(directory, incoming, clock)
}

class FileBlobStore implements BlobStore {
  readonly #directory: string
  readonly #incoming: string
  readonly #clock: Clock

  constructor(directory: string, incoming: string, clock: Clock) {
    this.#directory = directory
    this.#incoming = incoming
    this.#clock = clock
  }

  async put(
    content: AsyncIterable<Uint8Array>,
    options: { digest?: string; maxBytes?: number } = {},
  ): Promise<{ digest: string; size: number }> {
    if (options.digest !== undefined) checkDigest(options.digest)
    const beside = join(this.#incoming, randomUUID())
    try {
      const written = await writeFile(beside, content, options.maxBytes ?? Number.POSITIVE_INFINITY)
      if (options.digest !== undefined && options.digest !== written.digest) {
        throw otherContent(written.digest, options.digest)
      }
      await this.#keep(beside, written.digest)
      return written
    } finally {
      await rm(beside, { force: true })
    }
  }

  async get(
    digest: string,
    range: { start?: number; end?: number } = {},
  ): Promise<AsyncIterable<Uint8Array>> {
    checkDigest(digest)
    checkRange(range)
    const found = await this.stat(digest)
    if (!found) throw noBlob(digest)
    const start = range.start ?? 0
    const end = Math.min(range.end ?? found.size, found.size)
    return end - start > READ_BYTES
      ? readStretch(this.#path(digest), start, end)
      : readShort(this.#path(digest), start, end)
  }

  async stat(digest: string): Promise<{ size: number; storedAtMs: number } | null> {
    checkDigest(digest)
    const found = statSync(this.#path(digest), { throwIfNoEntry: false })
    return found ? { size: found.size, storedAtMs: Math.round(found.mtimeMs) } : null
  }

  /** Looks and deletes without a break, as `put` refreshes and keeps, so that garbage collection never takes a new blob. */
  async delete(digest: string, options: { unlessStoredSinceMs?: number } = {}): Promise<boolean> {
    checkDigest(digest)
    const path = this.#path(digest)
    const found = statSync(path, { throwIfNoEntry: false })
    if (!found || Math.round(found.mtimeMs) >= (options.unlessStoredSinceMs ?? Number.POSITIVE_INFINITY))
      return false
    unlinkSync(path)
    return true
  }

  async list(options: { after?: string; limit?: number } = {}): Promise<string[]> {
    const after = options.after ?? ''
    const limit = Math.min(options.limit ?? MAX_LIST, MAX_LIST)
    const digests: string[] = []
    for (const first of await foldersFrom(this.#directory, after.slice(0, 2))) {
      const floor = first === after.slice(0, 2) ? after.slice(2, 4) : ''
      for (const second of await foldersFrom(join(this.#directory, first), floor)) {
        const names = (await readdir(join(this.#directory, first, second))).filter(isDigest).sort()
        digests.push(...names.filter((name) => name > after).slice(0, limit - digests.length))
        if (digests.length >= limit) return digests
      }
    }
    return digests
  }

  async close(): Promise<void> {
    await rm(this.#incoming, { recursive: true, force: true })
  }

  #path(digest: string): string {
    return join(this.#directory, digest.slice(0, 2), digest.slice(2, 4), digest)
  }

  /** Moves a whole file into its place; where it is already, only its time is new. On disk when it resolves. */
  async #keep(beside: string, digest: string): Promise<void> {
    const outer = join(this.#directory, digest.slice(0, 2))
    const inner = join(outer, digest.slice(2, 4))
    await mkdir(inner, { recursive: true })
    const path = this.#path(digest)
    const now = this.#clock.nowMs() / 1_000
    if (statSync(path, { throwIfNoEntry: false }) === undefined) renameSync(beside, path)
    utimesSync(path, now, now)
    for (const folder of [inner, outer, this.#directory]) await syncFolder(folder)
  }
}

/**
 * A stretch that one read takes, when the reader starts. At once rather than in turns of the thread pool: a realm's start waits for it, and
 * three turns take longer than the read.
 */
async function* readShort(
  path: string,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (end <= start) return
  const file = openSync(path, 'r')
  const buffer = Buffer.allocUnsafe(end - start)
  try {
    if (readSync(file, buffer, 0, buffer.length, start) < buffer.length) throw shortened()
  } finally {
    closeSync(file)
  }
  yield buffer
}

/** A stretch of a file; opened when the reader starts, closed at the end or when the reader leaves. */
async function* readStretch(
  path: string,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const file = await open(path, 'r')
  try {
    for (let at = start; at < end; ) {
      const length = Math.min(READ_BYTES, end - at)
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(length), 0, length, at)
      if (bytesRead === 0) throw shortened()
      yield buffer.subarray(0, bytesRead)
      at += bytesRead
    }
  } finally {
    await file.close()
  }
}

async function writeFile(
  path: string,
  content: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<{ digest: string; size: number }> {
  const hash = createHash('sha256')
  const file = await open(path, 'wx', 0o600)
  let size = 0
  try {
    for await (const chunk of content) {
      size += chunk.length
      if (size > maxBytes) throw tooLong(maxBytes)
      hash.update(chunk)
      await file.writeFile(chunk)
    }
    await file.sync()
  } finally {
    await file.close()
  }
  return { digest: hash.digest('hex'), size }
}

async function foldersFrom(directory: string, from: string): Promise<string[]> {
  const names = await readdir(directory)
  return names.filter((name) => FAN_OUT.test(name) && name >= from).sort()
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

const shortened = (): PlatformError =>
  new PlatformError('INTERNAL', 'a blob is shorter than it was; the disk lost a part of it')
