import type { Json } from '@openzimki/core'

/** The session of one request, as the host holds it. */
export interface SessionState {
  id: string
  /** It is in the store. */
  stored: boolean
  /** Its cookie goes out with this answer. */
  announced: boolean
  data: { [property: string]: Json }
  /** When it was first stored, ISO 8601; null before. */
  createdAt: string | null
  /** What its program has set; null for the usual lifetime after each save. */
  expiresAtMs: number | null
  userId: string | null
  /** Who logged in by this browser last, also after the logout. Programs do not see it. */
  knownId: string | null
}
