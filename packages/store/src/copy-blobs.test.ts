import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import type { BlobStore } from './contract.ts'
import { copyBlobs } from './copy-blobs.ts'
import { openFileBlobStore } from './file-blob-store.ts'

let folder: string
let from: BlobStore
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zimki-copy-'))
  from = await openFileBlobStore({ directory: join(folder, 'from') })
  for (let n = 0; n < 25; n++) await from.put(one(`blob ${n}`))
})
afterAll(() => rm(folder, { recursive: true }))

async function* one(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}

it('copies all, goes on where it was cut off, and copies nothing twice', async () => {
  const to = await openFileBlobStore({ directory: join(folder, 'to') })
  let puts = 0
  const failing: BlobStore = {
    ...boundTo(to),
    put: (content, options) => {
      if (++puts > 10) return Promise.reject(new Error('the network is gone'))
      return to.put(content, options)
    },
  }
  await expect(copyBlobs({ from, to: failing })).rejects.toThrow('the network is gone')
  const already = (await to.list()).length
  expect(already).toBe(10)
  const seen: number[] = []
  const report = await copyBlobs({
    from,
    to,
    onProgress: ({ copied, present }) => seen.push(copied + present),
  })
  expect(report).toMatchObject({ copied: 15, present: 10 })
  expect(seen.at(-1)).toBe(25)
  expect(await to.list()).toEqual(await from.list())
  expect(await copyBlobs({ from, to })).toEqual({ copied: 0, present: 25, bytes: 0 })
})

it('stops at a blob that is not what its name says, and does not copy it', async () => {
  const damaged = await openFileBlobStore({ directory: join(folder, 'damaged') })
  const { digest } = await damaged.put(one('good'))
  await writeFile(join(folder, 'damaged', digest.slice(0, 2), digest.slice(2, 4), digest), 'evil')
  const to = await openFileBlobStore({ directory: join(folder, 'empty') })
  await expect(copyBlobs({ from: damaged, to })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  expect(await to.list()).toEqual([])
})

const boundTo = (blobs: BlobStore): BlobStore => ({
  put: (...given) => blobs.put(...given),
  get: (...given) => blobs.get(...given),
  stat: (...given) => blobs.stat(...given),
  delete: (...given) => blobs.delete(...given),
  list: (...given) => blobs.list(...given),
  close: () => blobs.close(),
})
