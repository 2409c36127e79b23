/** The store as those see it who reach it over a link, such as cells: the contracts, and no driver of a database. */
export type * from './contract.ts'
export { connectStore, type RemoteStore } from './remote/connect-store.ts'
export { StoreLink } from './remote/store-link.ts'
export * from './shared-library.ts'
