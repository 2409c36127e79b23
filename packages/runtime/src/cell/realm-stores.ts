import type { CellLoad } from '@openzimki/core'
import { connectStore, StoreLink } from '@openzimki/store/client'
import type { RealmStore } from './cell.ts'

/** Opens the store for one realm at a time: one link for all, dialled ahead, and a capability for each. */
export function connectRealmStores(address: string): (load: CellLoad) => RealmStore {
  const link = new StoreLink(address)
  // Whoever needs it dials again, and hears why it fails.
  Promise.resolve(link.open()).catch(() => undefined)
  return (load) => {
    let { capability } = load
    const { objects, blobs } = connectStore(link, () => capability)
    return {
      objects,
      blobs,
      renew: (renewed) => {
        capability = renewed
      },
    }
  }
}
