import type { CellLoad } from '@openzimki/core'
import { connectStore } from '@openzimki/store'
import type { RealmStore } from './cell.ts'

/** Opens the store for one realm at a time, each with its own capability. */
export function connectRealmStores(address: string): (load: CellLoad) => RealmStore {
  return (load) => {
    let { capability } = load
    const { objects, blobs } = connectStore(address, () => capability)
    return {
      objects,
      blobs,
      renew: (renewed) => {
        capability = renewed
      },
    }
  }
}
