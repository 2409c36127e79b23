import {
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { ManualClock } from '@openzimki/core'
import { type BlobRefs, collectGarbage } from '@openzimki/store'
import { describeBlobStore } from '@openzimki/store/conformance'
import { checkS3 } from '../check-s3.ts'
import type { S3Config } from '../config.ts'
import { chunksOf, noise, readAll, S3TestBed, sha256 } from './s3-test-bed.ts'
import { TEST_BUCKET, type TestStore } from './test-bucket.ts'

type Bed = () => S3TestBed

/** Whatever our blob store promises, on a server that nobody here wrote. */
export function describeS3Store(
  name: string,
  start: () => Promise<TestStore>,
  settings: Partial<S3Config>,
): void {
  describe(`S3: ${name}`, () => {
    let bed: S3TestBed
    beforeAll(async () => {
      bed = await S3TestBed.start(start, settings)
    })
    afterAll(() => bed?.close())
    describeBlobStore(name, {
      async open(clock) {
        const config = bed.config()
        const open = async () => bed.openUnprobed(config, clock)
        return { blobs: await open(), reopen: open, dispose: async () => undefined }
      },
    })
    describe('large blobs', () => largeCases(() => bed))
    describe('opening', () => openingCases(() => bed))
    describe('garbage', () => garbageCases(() => bed))
    describe('presigned reads', () => presignCases(() => bed))
  })
}

/** A little more than two parts. */
const LARGE = noise(11_000_001)
const LARGE_DIGEST = sha256(LARGE)

function largeCases(given: Bed): void {
  it('go in parts and come back whole, and in stretches, checked block by block', async () => {
    const blobs = given().openUnprobed(given().config())
    expect(await blobs.put(chunksOf(LARGE))).toEqual({ digest: LARGE_DIGEST, size: LARGE.length })
    expect((await readAll(await blobs.get(LARGE_DIGEST))).equals(LARGE)).toBe(true)
    for (const [start, end] of [
      [5_242_870, 5_242_890],
      [0, 1],
      [11_000_000, undefined],
      [4_000_000, 10_600_000],
    ]) {
      const stretch = await readAll(await blobs.get(LARGE_DIGEST, { start, end }))
      expect(stretch.equals(LARGE.subarray(start, end))).toBe(true)
    }
    expect(await uploadsOf(given())).toEqual([])
  })

  it('are put again without moving their bytes, and deleted with their block digests', async () => {
    const config = given().config()
    const blobs = given().openUnprobed(config)
    await blobs.put(chunksOf(LARGE))
    const [blocks = ''] = await keysOf(given(), `${config.prefix}blocks/`)
    // As a crash between the two leaves it: still readable, and mended by the next put.
    await given().plain.send(new DeleteObjectCommand({ Bucket: TEST_BUCKET, Key: blocks }))
    const again = given().openUnprobed(config)
    const stretch = await readAll(await again.get(LARGE_DIGEST, { start: 6_000_000, end: 6_000_100 }))
    expect(stretch.equals(LARGE.subarray(6_000_000, 6_000_100))).toBe(true)
    await again.put(chunksOf(LARGE), { digest: LARGE_DIGEST })
    expect(await keysOf(given(), `${config.prefix}blocks/`)).toEqual([blocks])
    expect(await again.delete(LARGE_DIGEST)).toBe(true)
    expect(await keysOf(given(), config.prefix ?? '')).toEqual([])
  })
}

function openingCases(given: Bed): void {
  it('passes the probe, leaves nothing of it, and ends uploads that a killed process left', async () => {
    const config = given().config()
    await leaveUpload(given(), `${config.prefix}blobs/${LARGE_DIGEST}`)
    await leaveUpload(given(), 'other/blobs/of-somebody-else')
    await given().open(config)
    expect(await keysOf(given(), config.prefix ?? '')).toEqual([`${config.prefix}installation`])
    expect(await uploadsOf(given())).toEqual(['other/blobs/of-somebody-else'])
  })

  it('refuses the place of another installation, and takes its own again', async () => {
    const config = given().config()
    await given().open(config, { owner: 'one' })
    await expect(given().open(config, { owner: 'two' })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringMatching(/belongs to another installation \(one\): give each a prefix/),
    })
    await given().open(config, { owner: 'one' })
  })

  it('sweeps uploads that nobody will finish at the second time it sees them, not those that run', async () => {
    const config = given().config()
    const blobs = given().openUnprobed(config)
    await leaveUpload(given(), `${config.prefix}blobs/${'a'.repeat(64)}`)
    expect([await blobs.sweepUploads(), await blobs.sweepUploads(), await blobs.sweepUploads()]).toEqual([
      0, 1, 0,
    ])
  })

  it('lists and collects nothing that is no blob', async () => {
    const config = given().config()
    const blobs = given().openUnprobed(config)
    const { digest } = await blobs.put(chunksOf(Buffer.from('a blob')))
    for (const name of ['!first', 'notes.txt', `${'f'.repeat(64)}.bak`]) {
      const Key = `${config.prefix}blobs/${name}`
      await given().plain.send(new PutObjectCommand({ Bucket: TEST_BUCKET, Key, Body: 'x' }))
    }
    expect(await blobs.list({ limit: 1 })).toEqual([digest])
    expect(await blobs.list({ after: digest, limit: 1 })).toEqual([])
  })

  it('is found good by the check, without a trace', async () => {
    const config = given().config()
    const { ok, findings } = await checkS3({ config })
    expect([ok, findings.map(({ level }) => level)]).toEqual([true, ['info', 'warn']])
    expect(await keysOf(given(), config.prefix ?? '')).toEqual([])
  })
}

function garbageCases(given: Bed): void {
  it('is what no realm holds and nobody put of late', async () => {
    const clock = new ManualClock(Date.UTC(2026, 0, 15))
    const blobs = given().openUnprobed(given().config(), clock)
    const put = async (text: string) => (await blobs.put(chunksOf(Buffer.from(text)))).digest
    const [held, old, again] = [await put('held'), await put('old'), await put('put again')]
    clock.advance(10_000)
    await put('put again')
    const fresh = await put('fresh')
    const refs = { isHeld: async (digest: string) => digest === held } as BlobRefs
    expect(await collectGarbage({ blobs, refs, clock, graceMs: 5_000 })).toBe(1)
    expect(await blobs.list()).toEqual([held, again, fresh].sort())
    expect(await blobs.stat(old)).toBeNull()
  })
}

function presignCases(given: Bed): void {
  it('let anybody read one blob, and nothing else', async () => {
    const blobs = given().openUnprobed(given().config())
    const { digest } = await blobs.put(chunksOf(Buffer.from('for an agent')))
    const read = await blobs.presignRead(digest, { expiresInSeconds: 60 })
    expect(read).toMatchObject({ digest, size: 12 })
    expect(await (await fetch(read.url)).text()).toBe('for an agent')
    for (const expiresInSeconds of [0, 3_601, 1.5])
      await expect(blobs.presignRead(digest, { expiresInSeconds })).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      })
    await expect(blobs.presignRead('a'.repeat(64))).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
}

async function leaveUpload({ plain }: S3TestBed, Key: string): Promise<void> {
  const { UploadId } = await plain.send(new CreateMultipartUploadCommand({ Bucket: TEST_BUCKET, Key }))
  await plain.send(new UploadPartCommand({ Bucket: TEST_BUCKET, Key, UploadId, PartNumber: 1, Body: 'part' }))
}

async function uploadsOf({ plain }: S3TestBed): Promise<string[]> {
  const { Uploads = [] } = await plain.send(new ListMultipartUploadsCommand({ Bucket: TEST_BUCKET }))
  return Uploads.map(({ Key = '' }) => Key)
}

async function keysOf({ plain }: S3TestBed, Prefix: string): Promise<string[]> {
  const { Contents = [] } = await plain.send(new ListObjectsV2Command({ Bucket: TEST_BUCKET, Prefix }))
  return Contents.map(({ Key = '' }) => Key)
}
