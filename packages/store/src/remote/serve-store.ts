import type { Clock, PlatformError } from '@openzimki/core'
import { listenLinks, rpcServer } from '@openzimki/link'
import type { BlobRefs } from '../blob-refs.ts'
import type { BlobStore, ObjectStore } from '../contract.ts'
import { Doorkeeper } from './doorkeeper.ts'
import { Gate } from './gate.ts'
import type { StoreCalls } from './store-calls.ts'
import { storeHandlers } from './store-handlers.ts'

/** A batch at its bound, and the JSON around it. */
const MAX_PARAMS_BYTES = 32 * 1024 * 1024
/** Searches with large answers that run or are being sent at once; each may hold BOUNDS.searchBytes. */
const LARGE_SEARCHES = 4

export interface ServeStoreOptions {
  /** `unix:<path>` or `tcp:<host>:<port>`. */
  address: string
  objects: ObjectStore
  blobs: BlobStore
  refs: BlobRefs
  /** Secret of the capabilities; at least 32 bytes. */
  secret: Buffer
  clock: Clock
  /** Hears of failures that callers only see as INTERNAL. */
  onError?: (method: string, error: PlatformError) => void
}

/**
 * Offers a store over links. Each call carries a capability, so a link needs no other trust. `close` ends the links, and leaves
 * the store open. Errors as `listenLinks`.
 */
export async function serveStore(
  options: ServeStoreOptions,
): Promise<{ address: string; close(): Promise<void> }> {
  const { address, secret, clock, onError, ...store } = options
  const large = new Gate(LARGE_SEARCHES)
  return listenLinks(address, (link) => {
    const handlers = storeHandlers(store, new Doorkeeper(secret, clock), large)
    const serve = rpcServer<StoreCalls>(handlers, { maxBytes: MAX_PARAMS_BYTES, onError })
    link.onStream = (stream) => {
      if (!serve(stream, link))
        stream.respond('{"error":{"code":"UNSUPPORTED","message":"only calls are taken here"}}')
    }
  })
}
