import { describeBlobStore } from '../conformance/describe-blob-store.ts'
import { describeObjectStore } from '../conformance/describe-object-store.ts'
import { TestStore } from './test-store.ts'

describeObjectStore('over a link', {
  async open(clock) {
    const served = await TestStore.open(clock)
    return { objects: served.connect().objects, dispose: () => served.dispose() }
  },
})

describeBlobStore('over a link', {
  async open(clock) {
    const served = await TestStore.open(clock)
    return { blobs: served.connect().blobs, dispose: () => served.dispose() }
  },
})
