import { PlatformError } from '@openzimki/core'
import { connectPostgres, DURABLE, lockKey } from '@openzimki/store/postgres'
import type { Client } from 'pg'

/** Between two looks whether the one who holds the database has gone. */
const LOOK_MS = 250
/** Our own last connection may hold the lock for a moment after it broke. */
const OWN_ATTEMPTS = 40
const OWN_PAUSE_MS = 100

/** The server finds out within half a minute that a machine is gone, and lets go of what it held. */
const SERVER_KEEP_ALIVE = `set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3`

export interface LeaseOptions {
  /** Who holds it, for people who look for it: host and process. */
  holder: string
  /** How long to wait while another platform holds it; Infinity for a standby. */
  waitMs: number
  /** Another platform has taken over: nothing that this one does is written any more. Called once. */
  onLost: (error: PlatformError) => void
}

/**
 * That one platform alone acts on a database. The lock is the connection's own, and every statement of control goes through a connection that
 * has it; so when it is lost, nothing can be written that its next holder does not know of. A connection that comes back has to find the
 * term of before: if another platform was there meanwhile, it is refused for ever (FENCED).
 */
export class Lease {
  readonly #options: LeaseOptions
  readonly #key = lockKey('platform')
  #term: number | null = null
  #lost: PlatformError | null = null

  constructor(options: LeaseOptions) {
    this.#options = options
  }

  /** Resolves when nobody holds the database. UNAVAILABLE: somebody does, for longer than we wait. */
  async wait({ url, schema }: { url: string; schema: string }): Promise<void> {
    const db = connectPostgres({ url, schema, connections: 1, name: 'zimki waiting', settings: DURABLE })
    try {
      const untilMs = performance.now() + this.#options.waitMs
      for (;;) {
        const { rows } = await db.raw(
          'select pg_try_advisory_lock(?::bigint) as free, pg_advisory_unlock(?::bigint)',
          [this.#key, this.#key],
        )
        if (rows[0].free) return
        if (performance.now() >= untilMs) throw await this.#taken(async (sql) => (await db.raw(sql)).rows)
        await pause(LOOK_MS)
      }
    } finally {
      await db.destroy()
    }
  }

  /** Takes the lock for a new connection, or rejects so that it is not used. */
  async hold(client: Client): Promise<void> {
    if (this.#lost) throw this.#lost
    await client.query(SERVER_KEEP_ALIVE)
    for (let attempt = 1; !(await this.#lock(client)); attempt++) {
      await this.#check(client)
      // Who is there may be our own last connection, which the server does not know to be gone.
      if (this.#term !== null) await this.#endOwn(client)
      if (this.#term === null || attempt === OWN_ATTEMPTS)
        throw await this.#taken(async (sql) => (await client.query(sql)).rows)
      await pause(OWN_PAUSE_MS)
    }
    await this.#check(client)
    const { rows } = await client.query(
      `insert into leases (name, term, holder, backend) values ('platform', 1, $1, pg_backend_pid())
        on conflict (name) do update set term = leases.term + $2, holder = excluded.holder, backend = excluded.backend returning term`,
      [this.#options.holder, this.#term === null ? 1 : 0],
    )
    this.#term = rows[0].term as number
  }

  async #lock(client: Client): Promise<boolean> {
    const { rows } = await client.query('select pg_try_advisory_lock($1::bigint) as got', [this.#key])
    return rows[0].got !== 0
  }

  /** Of the term that is ours alone: if another has begun, this is not our connection any more. */
  async #endOwn(client: Client): Promise<void> {
    await client.query(
      `select pg_terminate_backend(l.pid) from leases s join pg_locks l on l.pid = s.backend
        where s.name = 'platform' and s.term = $1 and l.locktype = 'advisory' and l.pid <> pg_backend_pid()`,
      [this.#term],
    )
  }

  /** FENCED when the term is not the one that we held. */
  async #check(client: Client): Promise<void> {
    if (this.#term === null) return
    const { rows } = await client.query(`select term, holder from leases where name = 'platform'`)
    if (rows[0]?.term === this.#term) return
    const message = `another platform (${rows[0]?.holder}) has taken this database over; this one must end. Start it again to stand by`
    this.#lost = new PlatformError('FENCED', message)
    this.#options.onLost(this.#lost)
    throw this.#lost
  }

  async #taken(ask: (sql: string) => Promise<Record<string, unknown>[]>): Promise<PlatformError> {
    const rows = await ask(`select holder from leases where name = 'platform'`).catch(() => [])
    const who = rows[0] ? ` (${rows[0].holder})` : ''
    return new PlatformError(
      'UNAVAILABLE',
      `another platform${who} works on this database. End it first, or start this one with --standby to take over when it goes`,
    )
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
