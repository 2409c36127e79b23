import { createHash } from 'node:crypto'
import type { Identity } from '@openzimki/link'

/** The tag of this installation's machines and blobs, which no other has: two of them on one engine never see each other's. */
export const ownerOf = ({ publicKey }: Identity): string =>
  `z${createHash('sha256').update(publicKey).digest('hex').slice(0, 15)}`
