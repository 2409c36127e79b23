import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ManualClock } from '@openzimki/core'
import { type Capability, signCapability } from '../capability.ts'
import type { BlobStore } from '../contract.ts'
import { openFileBlobStore } from '../file-blob-store.ts'
import { type OpenedStore, openSqliteStore } from '../open-sqlite-store.ts'
import { connectStore, type RemoteStore } from './connect-store.ts'
import { serveStore } from './serve-store.ts'

/** For tests: a store in a folder of its own, served on a socket in it, that can be stopped and started. */
export class TestStore {
  readonly clock: ManualClock
  readonly directory: string
  readonly secret = randomBytes(32)
  store!: OpenedStore
  blobs!: BlobStore
  #stop: (() => Promise<void>) | null = null
  readonly #connections: RemoteStore[] = []

  constructor(clock: ManualClock, directory: string) {
    this.clock = clock
    this.directory = directory
  }

  static async open(clock: ManualClock): Promise<TestStore> {
    const opened = new TestStore(clock, await mkdtemp(join(tmpdir(), 'zimki-remote-')))
    await opened.start()
    return opened
  }

  get address(): string {
    return `unix:${join(this.directory, 'sock')}`
  }

  async start(): Promise<void> {
    const { clock, secret, address } = this
    this.store = await openSqliteStore({ filename: join(this.directory, 'store.db'), clock })
    this.blobs = await openFileBlobStore({ directory: join(this.directory, 'blobs'), clock })
    const served = await serveStore({ address, ...this.store, blobs: this.blobs, secret, clock })
    this.#stop = async () => {
      await served.close()
      await this.store.close()
    }
  }

  async stop(): Promise<void> {
    await this.#stop?.()
    this.#stop = null
  }

  token(capability: Partial<Capability>): string {
    const whole = { realm: '*', deployment: '*', role: 'control' as const, epoch: 1, expiresAtMs: 2 ** 50 }
    return signCapability({ ...whole, ...capability }, this.secret)
  }

  connect(capability: Partial<Capability> = {}): RemoteStore {
    const remote = connectStore(this.address, this.token(capability))
    this.#connections.push(remote)
    return remote
  }

  async dispose(): Promise<void> {
    for (const remote of this.#connections) await remote.close()
    await this.stop()
    await rm(this.directory, { recursive: true })
  }
}
