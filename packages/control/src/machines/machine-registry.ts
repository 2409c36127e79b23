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
  /** The right token, after another agent used it up. */
  | 'replayed-token'
  /** The machine's agent has another key. */
  | 'wrong-key'
  /** The key is that of another machine's agent. */
  | 'key-of-another-machine'
  /** The agent does not have the key that it shows. */
  | 'wrong-proof'

/** Where a machine belongs, and which release of ours launched it. Null: somebody else starts it. */
export interface MachineHome {
  pool: string | null
  release: string | null
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

/** The machines that are wanted, the tokens with which their agents join, and the keys of those that did. */
export class MachineRegistry {
  readonly #context: ControlContext
  readonly #joinTokenMs: number

  /** A token that nobody used for `joinTokenMs` works no longer. */
  constructor(context: ControlContext, joinTokenMs: number) {
    this.#context = context
    this.#joinTokenMs = joinTokenMs
  }

  /** A new machine. Its token is known to the caller alone, works for this machine alone, and once. */
  async add(id: string, home: MachineHome = { pool: null, release: null }): Promise<string> {
    const joinToken = randomBytes(32).toString('base64url')
    const nowMs = this.#context.clock.nowMs()
    const row = {
      id,
      join_hash: hashOf(joinToken),
      join_expires_at_ms: nowMs + this.#joinTokenMs,
      created_at_ms: nowMs,
      ...home,
    }
    const entry = { caller: PLATFORM, action: 'machine.add', target: id, details: { ...home } }
    await change(this.#context, entry, (transaction) => transaction('machines').insert(row))
    return joinToken
  }

  /**
   * Whether this agent is the machine's. The first to come with the token is, for ever: its key is pinned in the step that uses the
   * token up, so an agent whose answer was lost may ask again. On disk when it resolves.
   */
  async admit(applicant: Applicant): Promise<Admission> {
    const known = await this.#context.db.transaction((transaction) => this.#known(transaction, applicant))
    if (known !== 'first') return known
    await this.#pin(applicant)
    // Of two that come at once one was first: both are judged by what is so now.
    return this.admit(applicant)
  }

  async all(): Promise<MachineRow[]> {
    return this.#context.db('machines').orderBy('seq')
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
    await change(this.#context, entry, (transaction) => transaction('machines').where({ id }).delete())
  }

  async #pin({ machine, publicKey }: Applicant): Promise<void> {
    const entry = { caller: PLATFORM, action: 'machine.join', target: machine, details: { publicKey } }
    await change(this.#context, entry, (transaction) =>
      transaction('machines').where({ id: machine, public_key: null }).update({ public_key: publicKey }),
    )
  }

  async #known(
    db: Knex.Transaction,
    { machine, joinToken, publicKey }: Applicant,
  ): Promise<Admission | 'first'> {
    const row: MachineRow | undefined = await db('machines').where({ id: machine }).first()
    const hasToken = row !== undefined && isHashOf(row.join_hash, joinToken)
    const owner: MachineRow | undefined = await db('machines').where({ public_key: publicKey }).first()
    if (owner && owner.id !== machine) {
      return { refusal: 'key-of-another-machine', accused: hasToken ? [owner.id, machine] : [owner.id] }
    }
    if (!row) return { refusal: 'unknown-machine', accused: [] }
    if (owner) {
      const { condemned, leaving, pool } = row
      return { refusal: null, condemned: condemned !== null, leaving: leaving !== null, pool }
    }
    if (row.public_key !== null) {
      return hasToken
        ? { refusal: 'replayed-token', accused: [machine] }
        : { refusal: 'wrong-key', accused: [] }
    }
    if (!hasToken) return { refusal: 'wrong-token', accused: [] }
    const isExpired = row.join_expires_at_ms <= this.#context.clock.nowMs()
    return isExpired ? { refusal: 'expired-token', accused: [] } : 'first'
  }
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex')

const isHashOf = (hash: string, text: string): boolean =>
  timingSafeEqual(Buffer.from(hash, 'hex'), Buffer.from(hashOf(text), 'hex'))
