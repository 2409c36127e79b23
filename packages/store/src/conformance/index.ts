export { type BlobStoreHarness, describeBlobStore } from './describe-blob-store.ts'
export { describeObjectStore } from './describe-object-store.ts'
export type { ObjectStoreHarness, OpenedForKit } from './fixture.ts'
