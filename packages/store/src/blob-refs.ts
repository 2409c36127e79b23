/**
 * Which realm holds which blob. A blob may be shared by any number of realms and is garbage when none holds it. Lives in the
 * same database as the objects. Errors: INVALID_ARGUMENT, UNAVAILABLE.
 */
export interface BlobRefs {
  /** On disk before it resolves. No error when the realm holds it already. `size` in bytes, as the blob store says it. */
  add(realm: string, digest: string, size: number): Promise<void>
  has(realm: string, digest: string): Promise<boolean>
  /** No error when the realm does not hold it. The blob stays until garbage is collected. */
  remove(realm: string, digest: string): Promise<void>
  /** In the order of digests, after `after`, at most `limit` (default 1000). */
  list(realm: string, options?: { after?: string; limit?: number }): Promise<BlobRef[]>
  /** Bytes of all blobs that the realm holds. */
  bytes(realm: string): Promise<number>
  /** Whether any realm holds it. */
  isHeld(digest: string): Promise<boolean>
}

export interface BlobRef {
  digest: string
  size: number
}
