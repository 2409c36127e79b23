/** What the store's process is told, in its environment. */
export const STORE_ENV = {
  address: 'ZIMKI_STORE_ADDRESS',
  database: 'ZIMKI_STORE_DATABASE',
  /** The local folder of blobs; where they are elsewhere, uploads wait in it. */
  folder: 'ZIMKI_STORE_FOLDER',
  /** Where blobs are elsewhere: `s3://...`. Empty: in the folder. */
  blobs: 'ZIMKI_STORE_BLOBS',
  owner: 'ZIMKI_STORE_OWNER',
  secret: 'ZIMKI_STORE_SECRET',
} as const
