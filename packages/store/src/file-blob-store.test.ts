import { mkdir, mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from '@jest/globals'
import { describeBlobStore } from './conformance/describe-blob-store.ts'
import { openFileBlobStore } from './file-blob-store.ts'

describeBlobStore('files', {
  async open(clock) {
    const directory = await mkdtemp(join(tmpdir(), 'zimki-blobs-'))
    return {
      blobs: await openFileBlobStore({ directory, clock }),
      reopen: () => openFileBlobStore({ directory, clock }),
      dispose: () => rm(directory, { recursive: true }),
    }
  },
})

it('removes at opening what a crash left half written, and lists nothing that is no blob', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'zimki-blobs-'))
  await mkdir(join(directory, 'incoming'), { recursive: true })
  await mkdir(join(directory, 'ab', 'cd'), { recursive: true })
  await writeFile(join(directory, 'incoming', 'half'), 'half')
  await writeFile(join(directory, 'ab', 'cd', 'notes.txt'), 'no blob')
  const blobs = await openFileBlobStore({ directory })
  expect(await readdir(join(directory, 'incoming'))).toEqual([])
  expect(await blobs.list()).toEqual([])
  await rm(directory, { recursive: true })
})

it('says of a file that lost a part that it did, short or long', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'zimki-blobs-'))
  const blobs = await openFileBlobStore({ directory })
  for (const size of [10, 200_000]) {
    const { digest } = await blobs.put(bytes(size))
    const content = await blobs.get(digest)
    await truncate(join(directory, digest.slice(0, 2), digest.slice(2, 4), digest), size / 2)
    await expect(Array.fromAsync(content)).rejects.toThrow('shorter than it was')
  }
  await rm(directory, { recursive: true })
})

async function* bytes(size: number): AsyncIterable<Uint8Array> {
  yield Buffer.alloc(size)
}
