/** Ids have 30 bits, so that they stay small integers in V8; at 60,000 streams a second they come round after hours. */
const SPAN = 2 ** 30
const HALF = SPAN / 2

/** The opener's side: odd ids for the client, even ones for the server, in order, never one still in use. */
export class OwnStreamIds {
  /** The last id given out. */
  last: number

  constructor(first: number) {
    this.last = (first - 2 + SPAN) % SPAN
  }

  next(inUse: { has(id: number): boolean }): number {
    let id = this.last
    do {
      id = (id + 2) % SPAN
    } while (id === 0 || inUse.has(id))
    this.last = id
    return id
  }

  /** Whether the peer may still speak of this id: it was given out once. */
  wasUsed(id: number): boolean {
    return !isAhead(id, this.last)
  }
}

/** The accepting side: a new id lies ahead of all before it, so that a late frame is told from a forged one. */
export class PeerStreamIds {
  /** The last id accepted. */
  last: number

  constructor(first: number) {
    this.last = (first - 2 + SPAN) % SPAN
  }

  /** False: the peer may not open a stream with this id now. */
  accept(id: number): boolean {
    if (id === 0 || id >= SPAN || (id & 1) !== (this.last & 1) || !isAhead(id, this.last)) return false
    this.last = id
    return true
  }

  wasUsed(id: number): boolean {
    return !isAhead(id, this.last)
  }
}

function isAhead(id: number, last: number): boolean {
  const distance = (id - last + SPAN) % SPAN
  return distance !== 0 && distance < HALF
}
