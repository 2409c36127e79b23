import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { systemClock } from '@openzimki/core'
import { type BlobStore, type ObjectStore, openFileBlobStore, openSqliteStore } from '@openzimki/store'
import { prefetch } from './prefetch.ts'

const LARGEST_BYTES = 64 * 1024
let directory: string
let store: { objects: ObjectStore; blobs: BlobStore }

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'prefetch-'))
  const { objects } = await openSqliteStore({ filename: join(directory, 's.sqlite'), clock: systemClock })
  store = { objects, blobs: await openFileBlobStore({ directory: join(directory, 'blobs') }) }
  await objects.batch('realm', 1, [{ op: 'createClass', className: 'Page', ifMissing: true }])
})
afterEach(async () => {
  await store.objects.close()
  await rm(directory, { recursive: true })
})

async function put(text: string): Promise<string> {
  const { digest } = await store.blobs.put(chunks(text))
  return digest
}
async function* chunks(text: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(text)
}

describe('prefetch', () => {
  it('gives the artifact as it was stored, and the classes of the realm', async () => {
    const digest = await put('{"format":1,"text":"ü"}')
    expect(await prefetch(store, 'realm', digest)).toEqual({
      artifact: '{"format":1,"text":"ü"}',
      classes: ['Page'],
    })
    expect(await prefetch(store, 'new', digest)).toMatchObject({ classes: [] })
  })

  it('leaves to the cell what is longer than its bound', async () => {
    const longest = 'x'.repeat(LARGEST_BYTES)
    expect(await prefetch(store, 'realm', await put(longest))).toMatchObject({ artifact: longest })
    expect(await prefetch(store, 'realm', await put(`${longest}x`))).toBeNull()
  })

  it('leaves to the cell what fails and what takes long, so that an error is told by who needs the thing', async () => {
    expect(await prefetch(store, 'realm', '0'.repeat(64))).toBeNull()
    expect(await prefetch(store, 'realm', 'no digest')).toBeNull()
    const never = new Promise<never>(() => undefined)
    const stuck = { ...store, blobs: { get: () => never } as unknown as BlobStore }
    expect(await prefetch(stuck, 'realm', await put('{}'))).toBeNull()
  })
})
