import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe } from '@jest/globals'
import { describeBlobStore } from '@openzimki/store/conformance'
import type { S3Config } from '../config.ts'
import { openS3BlobStore } from '../open-s3-blob-store.ts'
import { setTestKeys, TEST_BUCKET, type TestStore } from './test-bucket.ts'

/** Whatever our blob store promises, on a server that nobody here wrote. */
export function describeS3Store(
  name: string,
  start: () => Promise<TestStore>,
  settings: Partial<S3Config>,
): void {
  describe(`S3: ${name}`, () => {
    let store: TestStore
    let spoolFolder: string
    beforeAll(async () => {
      setTestKeys()
      spoolFolder = await mkdtemp(join(tmpdir(), 's3-spool-'))
      store = await start()
    })
    afterAll(async () => {
      await store?.close()
      await rm(spoolFolder, { recursive: true, force: true })
    })
    const configOf = (prefix: string): S3Config => ({
      ...{ bucket: TEST_BUCKET, prefix, endpoint: store.endpoint, partBytes: 5 * 1024 ** 2 },
      ...settings,
    })
    describeBlobStore(name, {
      async open(clock) {
        const config = configOf(`${randomUUID()}/`)
        const open = () => openS3BlobStore({ config, owner: 'kit', spoolFolder, clock })
        return { blobs: await open(), reopen: open, dispose: async () => undefined }
      },
    })
  })
}
