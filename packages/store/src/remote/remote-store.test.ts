import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ManualClock } from '@openzimki/core'
import { signCapability } from '../capability.ts'
import { describeBlobStore } from '../conformance/describe-blob-store.ts'
import { describeObjectStore } from '../conformance/describe-object-store.ts'
import { openFileBlobStore } from '../file-blob-store.ts'
import { openSqliteStore } from '../open-sqlite-store.ts'
import { connectStore } from './connect-store.ts'
import { serveStore } from './serve-store.ts'

/** A store in a folder of its own, served on a socket in it, and a connection for control. */
async function openRemote(clock: ManualClock) {
  const directory = await mkdtemp(join(tmpdir(), 'zimki-remote-'))
  const secret = randomBytes(32)
  const store = await openSqliteStore({ filename: join(directory, 'store.db'), clock })
  const blobs = await openFileBlobStore({ directory: join(directory, 'blobs'), clock })
  const served = await serveStore({
    address: `unix:${join(directory, 'sock')}`,
    ...store,
    blobs,
    secret,
    clock,
  })
  const capability = signCapability(
    { realm: '*', deployment: '*', role: 'control', epoch: 1, expiresAtMs: 2 ** 50 },
    secret,
  )
  const remote = connectStore(served.address, capability)
  const dispose = async (): Promise<void> => {
    await remote.close()
    await served.close()
    await store.close()
    await rm(directory, { recursive: true })
  }
  return { remote, dispose }
}

describeObjectStore('over a link', {
  async open(clock) {
    const { remote, dispose } = await openRemote(clock)
    return { objects: remote.objects, dispose }
  },
})

describeBlobStore('over a link', {
  async open(clock) {
    const { remote, dispose } = await openRemote(clock)
    return { blobs: remote.blobs, dispose }
  },
})
