import type { ManualClock } from '@openzimki/core'
import pg from 'pg'
import type { OpenedForKit } from '../conformance/fixture.ts'
import { openPostgresStore, STORE_SCHEMA } from '../open-postgres-store.ts'
import type { OpenedStore } from '../open-sqlite-store.ts'

/** For tests: one store for all of them, emptied after each, because opening one takes longer than most tests. */
export class SharedPostgresStore {
  readonly #url: string
  readonly #admin: pg.Client
  #clock!: ManualClock
  #store: OpenedStore | null = null

  constructor(url: string) {
    this.#url = url
    this.#admin = new pg.Client({ connectionString: url })
  }

  async start(): Promise<void> {
    await this.#admin.connect()
  }

  async open(clock: ManualClock): Promise<OpenedForKit & { store: OpenedStore }> {
    this.#clock = clock
    const store = await this.#opened()
    return {
      store,
      objects: store.objects,
      reopen: async () => {
        await store.close()
        return (await this.#opened()).objects
      },
      dispose: () => this.#empty(),
    }
  }

  async close(): Promise<void> {
    await this.#store?.close()
    await this.#admin.end()
  }

  /** The one there is, or a new one when a test has closed that. */
  async #opened(): Promise<OpenedStore> {
    const isOpen = await this.#store?.objects.epoch('any').then(
      () => true,
      () => false,
    )
    const clock = { nowMs: () => this.#clock.nowMs(), monotonicMs: () => this.#clock.monotonicMs() }
    if (!isOpen) this.#store = await openPostgresStore({ url: this.#url, clock })
    return this.#store!
  }

  async #empty(): Promise<void> {
    const { rows } = await this.#admin.query(
      'select table_name as name from information_schema.tables where table_schema = $1 and table_name not like $2',
      [STORE_SCHEMA, 'knex%'],
    )
    await this.#admin.query(rows.map(({ name }) => `delete from ${STORE_SCHEMA}.${name}`).join(';'))
  }
}
