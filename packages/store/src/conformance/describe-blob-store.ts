import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { ManualClock } from '@openzimki/core'
import type { BlobStore } from '../contract.ts'

/** What a driver gives the kit: a blob store that is empty, on this clock. */
export interface BlobStoreHarness {
  open(clock: ManualClock): Promise<{
    blobs: BlobStore
    reopen?(): Promise<BlobStore>
    dispose(): Promise<void>
  }>
}

type Given = () => { blobs: BlobStore; clock: ManualClock; reopen?(): Promise<BlobStore> }

/** The suite that every blob store passes. */
export function describeBlobStore(name: string, harness: BlobStoreHarness): void {
  describe(`blob store: ${name}`, () => {
    const clock = new ManualClock(Date.UTC(2026, 0, 15))
    let opened: Awaited<ReturnType<BlobStoreHarness['open']>>
    beforeEach(async () => {
      opened = await harness.open(clock)
    })
    afterEach(() => opened.dispose())
    const given: Given = () => ({ ...opened, clock })
    describe('put and get', () => contentCases(given))
    describe('refusals', () => refusalCases(given))
    describe('keeping', () => keepingCases(given))
  })
}

const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex')

async function* chunks(content: Uint8Array, size = 10_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size)
}

const noise = (size: number): Buffer => Buffer.from(Array.from({ length: size }, (_, n) => (n * n) >> 3))

async function read(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of content) parts.push(part)
  return Buffer.concat(parts)
}

function contentCases(given: Given): void {
  it.each([0, 1, 65_536, 300_001])('brings %d bytes back', async (size) => {
    const { blobs } = given()
    const content = noise(size)
    expect(await blobs.put(chunks(content))).toEqual({ digest: sha256(content), size })
    expect((await read(await blobs.get(sha256(content)))).equals(content)).toBe(true)
    expect(await blobs.stat(sha256(content))).toMatchObject({ size })
  })

  it('brings a stretch of it back, to the end at most', async () => {
    const { blobs } = given()
    const content = noise(200_000)
    const { digest } = await blobs.put(chunks(content), { digest: sha256(content) })
    for (const [start, end] of [
      [0, 10],
      [99_999, 180_000],
      [5, undefined],
      [199_999, 300_000],
      [7, 7],
      [200_000, 200_001],
    ]) {
      expect((await read(await blobs.get(digest, { start, end }))).equals(content.subarray(start, end))).toBe(
        true,
      )
    }
  })

  it('takes chunks that come late, and many readers at once', async () => {
    const { blobs } = given()
    async function* late(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('a')
      await new Promise((resolve) => setImmediate(resolve))
      yield Buffer.from('b')
    }
    const { digest } = await blobs.put(late())
    const readers = Array.from({ length: 10 }, async () => String(await read(await blobs.get(digest))))
    expect(await Promise.all(readers)).toEqual(Array(10).fill('ab'))
  })

  it('lets a reader leave early', async () => {
    const { blobs } = given()
    const { digest } = await blobs.put(chunks(noise(500_000)))
    for await (const part of await blobs.get(digest)) if (part.length > 0) break
    await blobs.get(digest)
    expect(await blobs.delete(digest)).toBe(true)
  })
}

function refusalCases(given: Given): void {
  it('keep nothing of what is not what its digest says', async () => {
    const { blobs } = given()
    const digest = sha256(Buffer.from('other'))
    await expect(blobs.put(chunks(noise(10)), { digest })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(await blobs.list()).toEqual([])
  })

  it('keep nothing of what is too large', async () => {
    const { blobs } = given()
    await expect(blobs.put(chunks(noise(100_001)), { maxBytes: 100_000 })).rejects.toMatchObject({
      code: 'TOO_LARGE',
    })
    expect(await blobs.put(chunks(noise(100_000)), { maxBytes: 100_000 })).toMatchObject({ size: 100_000 })
    expect(await blobs.list()).toHaveLength(1)
  })

  it('keep nothing of what its source broke off', async () => {
    const { blobs } = given()
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield noise(70_000)
      throw new Error('the client went away')
    }
    await expect(blobs.put(broken())).rejects.toThrow('the client went away')
    expect(await blobs.list()).toEqual([])
  })

  it.each(['', '../../etc/passwd', 'A'.repeat(64), 'a'.repeat(63), `${'a'.repeat(62)}/a`])(
    'take no %j for a digest',
    async (digest) => {
      const { blobs } = given()
      const calls = [
        () => blobs.get(digest),
        () => blobs.stat(digest),
        () => blobs.delete(digest),
        () => blobs.put(chunks(noise(1)), { digest }),
      ]
      for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    },
  )

  it('say NOT_FOUND, and refuse ranges that are none', async () => {
    const { blobs } = given()
    await expect(blobs.get('a'.repeat(64))).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await blobs.stat('a'.repeat(64))).toBeNull()
    const { digest } = await blobs.put(chunks(noise(10)))
    for (const range of [{ start: -1 }, { start: 5, end: 4 }, { start: 0.5 }]) {
      await expect(blobs.get(digest, range)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    }
  })
}

function keepingCases(given: Given): void {
  it('once what comes twice, at once or later', async () => {
    const { blobs } = given()
    const stored = await Promise.all(Array.from({ length: 8 }, () => blobs.put(chunks(noise(100_000)))))
    stored.push(await blobs.put(chunks(noise(100_000))))
    expect(new Set(stored.map(({ digest }) => digest)).size).toBe(1)
    expect(await blobs.list()).toEqual([stored[0]!.digest])
    expect((await read(await blobs.get(stored[0]!.digest))).length).toBe(100_000)
  })

  it('lists in order, in parts', async () => {
    const { blobs } = given()
    const digests: string[] = []
    for (let n = 0; n < 30; n++) digests.push((await blobs.put(chunks(Buffer.from(`blob ${n}`)))).digest)
    digests.sort()
    expect(await blobs.list()).toEqual(digests)
    const parts: string[] = []
    for (let after = ''; ; after = parts[parts.length - 1]!) {
      const part = await blobs.list({ after, limit: 7 })
      parts.push(...part)
      if (part.length < 7) break
    }
    expect(parts).toEqual(digests)
  })

  it('deletes, and deletes not what was put since', async () => {
    const { blobs, clock } = given()
    const { digest } = await blobs.put(chunks(noise(10)))
    const putMs = clock.nowMs()
    expect((await blobs.stat(digest))?.storedAtMs).toBe(putMs)
    expect(await blobs.delete(digest, { unlessStoredSinceMs: putMs })).toBe(false)
    clock.advance(10_000)
    await blobs.put(chunks(noise(10)))
    expect(await blobs.delete(digest, { unlessStoredSinceMs: putMs + 1 })).toBe(false)
    expect(await blobs.delete(digest, { unlessStoredSinceMs: putMs + 10_001 })).toBe(true)
    expect(await blobs.delete(digest)).toBe(false)
    expect(await blobs.stat(digest)).toBeNull()
  })

  it('over closing and opening again', async () => {
    const { blobs, reopen } = given()
    const { digest } = await blobs.put(chunks(noise(1_000)))
    const again = reopen ? await reopen() : blobs
    expect((await read(await again.get(digest))).equals(noise(1_000))).toBe(true)
  })
}
