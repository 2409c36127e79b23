import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { PlatformError } from '@openzimki/core'

/** Users of the system that cells run as; none of them may be anybody else's. */
export interface CellUserRange {
  /** Group of all of them: what opens the doors that cells need. */
  gid: number
  firstUid: number
  count: number
}

export interface CellUser {
  uid: number
  gid: number
  /** Another cell may have it; after the end of its process. */
  release(): void
}

const ATTEMPTS = 100

/**
 * Gives each cell of this host a user of its own, so that none can signal, trace or read another. Agents of one host share the range:
 * who holds a user holds the name of a socket in Linux's abstract namespace, which the kernel frees with its process.
 */
export class CellUsers {
  readonly #range: CellUserRange

  constructor(range: CellUserRange) {
    this.#range = range
  }

  /** Of all of them. */
  get gid(): number {
    return this.#range.gid
  }

  /** UNAVAILABLE: all are taken, or somebody holds their names. */
  async take(): Promise<CellUser> {
    const { gid, firstUid, count } = this.#range
    const offset = randomInt(count)
    for (let attempt = 0; attempt < Math.min(ATTEMPTS, count); attempt += 1) {
      const uid = firstUid + ((offset + attempt) % count)
      const lock = await locked(`\0zimki-cell-user-${uid}`)
      if (lock) return { uid, gid, release: () => void lock.close() }
    }
    throw new PlatformError(
      'UNAVAILABLE',
      `no cell can be started: no user from ${firstUid} on is free; widen the range with --cell-users`,
    )
  }
}

/** Null: another process has it. */
async function locked(name: string): Promise<Server | null> {
  const server = createServer((stranger) => stranger.destroy())
  try {
    server.listen({ path: name })
    await once(server, 'listening')
    return server.unref()
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EADDRINUSE') return null
    throw thrown
  }
}
