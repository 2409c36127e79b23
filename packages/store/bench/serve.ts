/** `node packages/store/bench/serve.ts <folder>`: the store of that folder in a process of its own, as a platform has it; the key of its capabilities comes on stdin, in hex. */
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { systemClock as clock } from '@openzimki/core'
import { openFileBlobStore, openSqliteStore, serveStore } from '../src/index.ts'

const directory = process.argv[2] ?? ''
const secret = Buffer.from(await text(process.stdin), 'hex')
const store = await openSqliteStore({ filename: join(directory, 'store.db'), clock })
const blobs = await openFileBlobStore({ directory: join(directory, 'blobs') })
const served = await serveStore({
  ...{ address: `unix:${join(directory, 'sock')}`, ...store, blobs, secret, clock },
})
console.log('ready')
process.once('SIGTERM', async () => {
  await served.close()
  await blobs.close()
  await store.close()
  process.exit(0)
})
