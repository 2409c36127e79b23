import type { Clock } from '@openzimki/core'
import type { Knex } from 'knex'
import { KeyedQueue } from '../keyed-queue.ts'

/** What a machine's report about a realm is booked on. */
export interface Booking {
  account: string
  /** The realm itself, or the one that it is a throw-away copy of. */
  realm: string
}

interface Placement extends Booking {
  givenAtMs: number
  /** Null: the machine may still have it. */
  releasedAtMs: number | null
}

/** A time span, milliseconds since 1970, by the machine's clock. */
export interface Span {
  startMs: number
  endMs: number
}

/** How far a machine's clock may be off ours; and what a request that outlives its unload takes. */
const SLACK_MS = 10 * 60_000

/**
 * Which realms each machine was given, and from when to when (from the first time to the last; gaps are not kept). A machine may
 * report usage of these alone, of that time, charged to the account they had.
 */
export class MachineRealms {
  readonly #db: Knex
  readonly #clock: Clock
  readonly #known = new Map<string, Placement>()
  /** What is given and taken back at once must end as it was said last. */
  readonly #changes = new KeyedQueue()

  constructor(db: Knex, clock: Clock) {
    this.#db = db
    this.#clock = clock
  }

  /** On disk before it resolves; free when the machine has it already. `booking`: what its usage of the realm is charged to. */
  add(machine: string, realm: string, booking: Booking): Promise<void> {
    return this.#changes.run(keyOf(machine, realm), () => this.#add(machine, realm, booking))
  }

  /** The machine said that it has unloaded the realm: what it reports of later times is not believed. */
  release(machine: string, realm: string): Promise<void> {
    return this.#changes.run(keyOf(machine, realm), () => this.#release(machine, realm))
  }

  async #add(machine: string, realm: string, { account, realm: original }: Booking): Promise<void> {
    const known = this.#known.get(keyOf(machine, realm))
    if (known?.account === account && known.releasedAtMs === null) return
    // One statement, because somebody waits for the first answer; what it was given first stays as it is.
    const [row]: { given_at_ms: number }[] = await this.#db('machine_realms')
      .insert({ machine, realm, account, given_at_ms: this.#clock.nowMs(), released_at_ms: null })
      .onConflict(['machine', 'realm'])
      .merge(['account', 'released_at_ms'])
      .returning('given_at_ms')
    const givenAtMs = row!.given_at_ms
    this.#known.set(keyOf(machine, realm), { account, realm: original, givenAtMs, releasedAtMs: null })
  }

  async #release(machine: string, realm: string): Promise<void> {
    const known = await this.#find(machine, realm)
    if (!known || known.releasedAtMs !== null) return
    known.releasedAtMs = this.#clock.nowMs()
    await this.#db('machine_realms').where({ machine, realm }).update({ released_at_ms: known.releasedAtMs })
  }

  /** Null: the machine never had this realm. */
  async find(machine: string, realm: string): Promise<Booking | null> {
    const known = await this.#find(machine, realm)
    return known && { account: known.account, realm: known.realm }
  }

  /** Null: the machine did not have this realm at any time of the span. */
  async findAt(machine: string, realm: string, { startMs, endMs }: Span): Promise<Booking | null> {
    const known = await this.#find(machine, realm)
    if (!known || endMs < known.givenAtMs - SLACK_MS) return null
    if (known.releasedAtMs !== null && startMs > known.releasedAtMs + SLACK_MS) return null
    return { account: known.account, realm: known.realm }
  }

  /** Those of the realms that the machine never had. */
  async neverHad(machine: string, realms: Iterable<string>): Promise<Set<string>> {
    const foreign = new Set<string>()
    for (const realm of realms) if (!(await this.#find(machine, realm))) foreign.add(realm)
    return foreign
  }

  /** A machine is gone for good, and all that it left has been taken. */
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

  async #find(machine: string, realm: string): Promise<Placement | null> {
    const key = keyOf(machine, realm)
    const known = this.#known.get(key)
    if (known) return known
    const row: { account: string; given_at_ms: number; released_at_ms: number | null } | undefined =
      await this.#db('machine_realms').where({ machine, realm }).first()
    if (!row) return null
    const original = await this.#original(realm)
    const placement = {
      ...{ account: row.account, realm: original },
      ...{ givenAtMs: row.given_at_ms, releasedAtMs: row.released_at_ms },
    }
    this.#known.set(key, placement)
    return placement
  }

  async #original(realm: string): Promise<string> {
    const copy: { realm: string } | undefined = await this.#db('throwaways').where({ id: realm }).first()
    return copy?.realm ?? realm
  }
}

const keyOf = (machine: string, realm: string): string => `${machine} ${realm}`
