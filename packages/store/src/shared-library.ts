import { createHash } from 'node:crypto'

/**
 * The realm in which control keeps what realms have marked as shared (`zimki.library.require(realm, file)`). Every cell may
 * get single objects of it; only control writes.
 */
export const SHARED_REALM = '00000000-0000-4000-8000-000000000000'
export const SHARED_CLASS = 'zimki_shared'

/** Where a shared file is kept: a UUID that follows from the sharing realm's alias and the file's name. */
export function sharedId(alias: string, file: string): string {
  const hex = createHash('sha256').update(`${alias}/${file}`).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
