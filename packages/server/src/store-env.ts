/** What the store's process is told, in its environment. */
export const STORE_ENV = {
  address: 'ZIMKI_STORE_ADDRESS',
  database: 'ZIMKI_STORE_DATABASE',
  blobs: 'ZIMKI_STORE_BLOBS',
  secret: 'ZIMKI_STORE_SECRET',
} as const
