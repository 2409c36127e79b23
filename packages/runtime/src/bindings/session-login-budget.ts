import { SessionRecentTable } from './session-recent-table.ts'

/** Passwords that a realm hashes in a cell: so many at once, and so many a second for good. One hash is some 50 ms of CPU. */
const REALM = { most: 100, perSecond: 10 }
/** What one address, or one user in browsers that know him, may have of that. */
const PAYER = { most: 50, perSecond: 5 }
/** The last of it is for browsers in which their user has logged in before, so that strangers cannot use it up. */
const RESERVED = 20
/** A payer that has been silent for this long has all its share again, and needs no entry. */
const PAYER_LIFETIME_MS = (PAYER.most / PAYER.perSecond) * 1_000

interface Bucket {
  left: number
  atMs: number
}

/** Bounds the work of hashing passwords for a realm: a share for each payer, a total for all. */
export class SessionLoginBudget {
  readonly #realm: Bucket = { left: REALM.most, atMs: 0 }
  readonly #payers = new SessionRecentTable<Bucket>({ capacity: 4_096, lifetimeMs: PAYER_LIFETIME_MS })

  /** Entries held. */
  get size(): number {
    return this.#payers.size
  }

  /** Takes one hash; false, and takes nothing, when the share or the total is used up. */
  take(payer: string, isKnown: boolean, nowMs: number): boolean {
    refill(this.#realm, REALM, nowMs)
    const bucket = this.#payers.get(payer, nowMs) ?? { left: PAYER.most, atMs: nowMs }
    refill(bucket, PAYER, nowMs)
    if (bucket.left < 1 || this.#realm.left < 1 + (isKnown ? 0 : RESERVED)) return false
    bucket.left -= 1
    this.#realm.left -= 1
    this.#payers.set(payer, bucket, nowMs)
    return true
  }
}

function refill(bucket: Bucket, { most, perSecond }: typeof REALM, nowMs: number): void {
  bucket.left = Math.min(most, bucket.left + ((nowMs - bucket.atMs) / 1_000) * perSecond)
  bucket.atMs = nowMs
}
