import type { Knex } from 'knex'
import type { Client } from 'pg'
import { isLost } from './failures.ts'
import { Session, Statements } from './session.ts'

/** How often a connection is tried for before it is given up, and the pauses between: together about six seconds. */
const ATTEMPTS = 12
const FIRST_PAUSE_MS = 20
const LONGEST_PAUSE_MS = 1_000

/** Connections of a pool, as sessions. One that broke is not handed out again. */
export class Sessions {
  readonly #knex: Knex
  readonly #statements = new Statements()

  constructor(knex: Knex) {
    this.#knex = knex
  }

  /** A server that restarts is waited for, for a bounded time. */
  async open(): Promise<Session> {
    for (let attempt = 1; ; attempt++) {
      try {
        const client = (await this.#knex.client.acquireConnection()) as Client
        return new Session(client, this.#statements)
      } catch (error) {
        if (!isLost(error) || attempt === ATTEMPTS) throw error
        await pause(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt))
      }
    }
  }

  async close(session: Session): Promise<void> {
    await this.#knex.client.releaseConnection(session.client)
  }

  /** After something went wrong: whatever was begun ends, and the connection too if it does not answer. */
  async abandon(session: Session): Promise<void> {
    try {
      await session.tag('rollback')
      await session.settled()
    } catch (error) {
      Object.assign(session.client, { __knex__disposed: error })
      session.client.end().catch(() => undefined)
    }
    await this.close(session)
  }

  destroy(): Promise<void> {
    return this.#knex.destroy()
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
