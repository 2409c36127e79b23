import type { Knex } from 'knex'
import type { AccountPolicy } from '../account-policy.ts'
import { KeyedQueue } from '../keyed-queue.ts'
import { readRealmRoutes } from './realm-routes.ts'
import type { RoutePublisher } from './route-publisher.ts'

/** Brings what is published in line with the database. */
export class RouteRefresh {
  readonly #db: Knex
  readonly #publisher: RoutePublisher
  readonly #policy: AccountPolicy
  readonly #queue = new KeyedQueue()

  constructor(db: Knex, publisher: RoutePublisher, policy: AccountPolicy) {
    this.#db = db
    this.#publisher = publisher
    this.#policy = policy
  }

  /** At start: every realm. */
  async all(): Promise<void> {
    for (const routes of await readRealmRoutes(this.#db, 'all', this.#policy))
      this.#publisher.setRealm(routes)
    this.#publisher.flush()
  }

  /** After a change was committed; one at a time for a realm, so that an older reading never comes last. */
  async realm(id: string): Promise<void> {
    await this.#queue.run(id, async () => {
      const [routes] = await readRealmRoutes(this.#db, [id], this.#policy)
      if (routes) this.#publisher.setRealm(routes)
      else this.#publisher.removeRealm(id)
      this.#publisher.flush()
    })
  }

  async account(account: string): Promise<void> {
    const rows: { id: string }[] = await this.#db('realms').select('id').where({ account })
    for (const { id } of rows) await this.realm(id)
  }
}
