import type { Knex } from 'knex'

/** What a machine's report about a realm is booked on. */
export interface Booking {
  account: string
  /** The realm itself, or the one that it is a throw-away copy of. */
  realm: string
}

/** Which realms a machine was ever given. It may report usage and logs of these alone, charged to the account they had. */
export class MachineRealms {
  readonly #db: Knex
  readonly #known = new Map<string, Booking>()

  constructor(db: Knex) {
    this.#db = db
  }

  /** On disk before it resolves; free when it is known already. */
  async add(machine: string, realm: string, account: string): Promise<void> {
    const key = `${machine} ${realm}`
    if (this.#known.get(key)?.account === account) return
    await this.#db('machine_realms')
      .insert({ machine, realm, account })
      .onConflict(['machine', 'realm'])
      .merge()
    this.#known.set(key, { account, realm: await this.#original(realm) })
  }

  /** Null: the machine never had this realm. */
  async find(machine: string, realm: string): Promise<Booking | null> {
    const key = `${machine} ${realm}`
    const known = this.#known.get(key)
    if (known) return known
    const row: { account: string } | undefined = await this.#db('machine_realms')
      .where({ machine, realm })
      .first()
    if (!row) return null
    const booking = { account: row.account, realm: await this.#original(realm) }
    this.#known.set(key, booking)
    return booking
  }

  /** A machine is gone for good, and all that it spooled with it. */
  async forgetMachine(machine: string): Promise<void> {
    for (const key of this.#known.keys()) if (key.startsWith(`${machine} `)) this.#known.delete(key)
    await this.#db('machine_realms').where({ machine }).delete()
  }

  /** Throw-away copies that are gone since before this. */
  async forgetCopies(beforeMs: number): Promise<void> {
    const old = () => this.#db('throwaways').where({ swept: 1 }).where('created_at_ms', '<', beforeMs)
    await this.#db('machine_realms').whereIn('realm', old().select('id')).delete()
    await old().delete()
    this.#known.clear()
  }

  async #original(realm: string): Promise<string> {
    const copy: { realm: string } | undefined = await this.#db('throwaways').where({ id: realm }).first()
    return copy?.realm ?? realm
  }
}
