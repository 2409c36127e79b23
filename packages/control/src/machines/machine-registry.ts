import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { PlatformError } from '@openzimki/core'
import type { Knex } from 'knex'
import { type Caller, PLATFORM } from '../caller.ts'
import type { ControlContext } from '../control-context.ts'
import { change } from '../database/change.ts'
import type { MachineRow } from '../database/rows.ts'

/** Why an agent was turned away. */
export type Refusal =
  | 'unknown-machine'
  | 'wrong-token'
  | 'expired-token'
  /** The right token of a machine that is prepared and was not started: it got out of there. */
  | 'early-token'
  /** The right token, after another agent used it up. */
  | 'replayed-token'
  /** The machine's agent has another key. */
  | 'wrong-key'
  /** The key is that of another machine's agent. */
  | 'key-of-another-machine'
  /** The key is of an agent of this machine before it was started again. */
  | 'dead-key'
  /** The agent does not have the key that it shows. */
  | 'wrong-proof'

/** Where a machine belongs, and which release of ours launched it. Null: somebody else starts it. */
export interface MachineHome {
  pool: string | null
  release: string | null
  /** It is only to be prepared: its token works from its start on. */
  prepared?: boolean
}

/** `accused`: machines that a secret of theirs got out of. */
export type Admission =
  | { refusal: null; condemned: boolean; leaving: boolean; pool: string | null }
  | { refusal: Refusal; accused: string[] }

/** An agent that has proved that it has this key. */
export interface Applicant {
  machine: string
  joinToken: string
  publicKey: string
}

/**
 * Which start of a machine its infrastructure speaks of now; null: it is never started again by itself. UNAVAILABLE: that cannot be said now.
 */
export type IncarnationOf = (machine: string, pool: string | null) => Promise<string | null>

/** What is so, and what it takes to let the agent in: `first` and `again` pin its key. */
type Judgement = Admission | { pin: 'first' | 'again'; row: MachineRow }

/** The machines that are wanted, the tokens with which their agents join, and the keys of those that did. */
export class MachineRegistry {
  readonly #context: ControlContext
  readonly #joinTokenMs: number
  readonly #incarnationOf: IncarnationOf

  /** A token that nobody used for `joinTokenMs` works no longer. */
  constructor(context: ControlContext, joinTokenMs: number, incarnationOf: IncarnationOf) {
    this.#context = context
    this.#joinTokenMs = joinTokenMs
    this.#incarnationOf = incarnationOf
  }

  /** A new machine. Its token is known to the caller alone, works for this machine alone, and once. */
  async add(id: string, home: MachineHome = { pool: null, release: null }): Promise<string> {
    const { pool, release, prepared = false } = home
    const joinToken = randomBytes(32).toString('base64url')
    const nowMs = this.#context.clock.nowMs()
    const row = {
      id,
      join_hash: hashOf(joinToken),
      join_expires_at_ms: nowMs + this.#joinTokenMs,
      created_at_ms: nowMs,
      ...{ pool, release, prepared: prepared ? 1 : 0 },
    }
    const entry = { caller: PLATFORM, action: 'machine.add', target: id, details: { ...home } }
    await change(this.#context, entry, (transaction) => transaction('machines').insert(row))
    return joinToken
  }

  /**
   * Whether this agent is the machine's. The first to come with the token is: its key is pinned in the step that uses the token up, so an
   * agent whose answer was lost may ask again. Where the infrastructure starts machines again by itself, the token works once for each start
   * that it tells of, and the keys of those before are dead from then on. On disk when it resolves. UNAVAILABLE: it cannot be judged now.
   */
  async admit(applicant: Applicant): Promise<Admission> {
    const judged = await this.#context.db.transaction((transaction) => this.#judge(transaction, applicant))
    if (!('pin' in judged)) return judged
    const { pin, row } = judged
    const incarnation = await this.#incarnationOf(row.id, row.pool)
    if (pin === 'first') await this.#pin(applicant, incarnation)
    else if (incarnation === null || incarnation === row.incarnation)
      return { refusal: 'replayed-token', accused: [row.id] }
    else await this.#pinAgain(applicant, row, incarnation)
    // Of two that come at once one was first: both are judged by what is so now.
    return this.admit(applicant)
  }

  async all(): Promise<MachineRow[]> {
    return this.#context.db('machines').orderBy('seq')
  }

  /**
   * One that was prepared is to be started: from now on its agent has as long to join as that of a new machine. May be repeated: a start may
   * have been lost. False: there is no such machine, or its agent was there.
   */
  async start(id: string): Promise<boolean> {
    const row: MachineRow | undefined = await this.#context.db('machines').where({ id }).first()
    if (!row || row.public_key !== null) return false
    const started = { prepared: 0, join_expires_at_ms: this.#context.clock.nowMs() + this.#joinTokenMs }
    const entry = { caller: PLATFORM, action: 'machine.start', target: id }
    await change(this.#context, entry, (transaction) => transaction('machines').where({ id }).update(started))
    return true
  }

  /** It is to be replaced, also after a restart. False: it is known already, or no such machine is. */
  async condemn(id: string, reason: string): Promise<boolean> {
    const { db } = this.#context
    const row: MachineRow | undefined = await db('machines').where({ id }).first()
    if (!row || row.condemned !== null) return false
    const entry = { caller: PLATFORM, action: 'machine.condemn', target: id, details: { reason } }
    await change(this.#context, entry, (transaction) =>
      transaction('machines').where({ id }).update({ condemned: reason }),
    )
    return true
  }

  /** It is to be emptied and then to go, also after a restart. NOT_FOUND. False: it is leaving already. */
  async leave(id: string, reason: string, caller: Caller = PLATFORM): Promise<boolean> {
    const row: MachineRow | undefined = await this.#context.db('machines').where({ id }).first()
    if (!row) throw new PlatformError('NOT_FOUND', `There is no machine ${id}; \`zimki fleet\` lists them`)
    if (row.leaving !== null) return false
    const entry = { caller, action: 'machine.drain', target: id, details: { reason } }
    await change(this.#context, entry, (transaction) =>
      transaction('machines').where({ id }).update({ leaving: reason }),
    )
    return true
  }

  /** Neither its token nor its key works any longer. */
  async remove(id: string): Promise<void> {
    const entry = { caller: PLATFORM, action: 'machine.remove', target: id }
    await change(this.#context, entry, async (transaction) => {
      await transaction('machines').where({ id }).delete()
      await transaction('dead_keys').where({ machine: id }).delete()
    })
  }

  async #pin({ machine, publicKey }: Applicant, incarnation: string | null): Promise<void> {
    const entry = { caller: PLATFORM, action: 'machine.join', target: machine, details: { publicKey } }
    await change(this.#context, entry, (transaction) =>
      transaction('machines')
        .where({ id: machine, public_key: null })
        .update({ public_key: publicKey, incarnation }),
    )
  }

  async #pinAgain({ machine, publicKey }: Applicant, before: MachineRow, incarnation: string): Promise<void> {
    const details = { publicKey, deadKey: before.public_key, incarnation }
    const entry = { caller: PLATFORM, action: 'machine.rejoin', target: machine, details }
    await change(this.#context, entry, async (transaction) => {
      const changed = await transaction('machines')
        .where({ id: machine, public_key: before.public_key })
        .update({ public_key: publicKey, incarnation })
      if (changed > 0) await transaction('dead_keys').insert({ public_key: before.public_key, machine })
    })
  }

  async #judge(db: Knex.Transaction, { machine, joinToken, publicKey }: Applicant): Promise<Judgement> {
    const row: MachineRow | undefined = await db('machines').where({ id: machine }).first()
    const hasToken = row !== undefined && isHashOf(row.join_hash, joinToken)
    const owner: MachineRow | undefined = await db('machines').where({ public_key: publicKey }).first()
    const dead: { machine: string } | undefined = await db('dead_keys')
      .where({ public_key: publicKey })
      .first()
    const whose = owner?.id ?? dead?.machine ?? machine
    if (whose !== machine) {
      return { refusal: 'key-of-another-machine', accused: hasToken ? [whose, machine] : [whose] }
    }
    if (!row) return { refusal: 'unknown-machine', accused: [] }
    // An honest agent that outlived a move shows its key alone; with the token, somebody wants more than that.
    if (dead) return { refusal: 'dead-key', accused: hasToken ? [machine] : [] }
    if (owner) {
      const { condemned, leaving, pool } = row
      return { refusal: null, condemned: condemned !== null, leaving: leaving !== null, pool }
    }
    if (row.public_key !== null) {
      if (!hasToken) return { refusal: 'wrong-key', accused: [] }
      return row.condemned === null
        ? { pin: 'again', row }
        : { refusal: 'replayed-token', accused: [machine] }
    }
    if (!hasToken) return { refusal: 'wrong-token', accused: [] }
    if (row.prepared !== 0) return { refusal: 'early-token', accused: [machine] }
    const isExpired = row.join_expires_at_ms <= this.#context.clock.nowMs()
    return isExpired ? { refusal: 'expired-token', accused: [] } : { pin: 'first', row }
  }
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex')

const isHashOf = (hash: string, text: string): boolean =>
  timingSafeEqual(Buffer.from(hash, 'hex'), Buffer.from(hashOf(text), 'hex'))
