import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { PLATFORM } from '../caller.ts'
import type { ControlContext } from '../control-context.ts'
import { change } from '../database/change.ts'
import type { MachineRow } from '../database/rows.ts'

/** The machines that are wanted, and the tokens with which their agents join. */
export class MachineRegistry {
  readonly #context: ControlContext

  constructor(context: ControlContext) {
    this.#context = context
  }

  /** A new machine. Its token is known to the caller alone and works for this machine alone, for as long as it is registered. */
  async add(id: string): Promise<string> {
    const joinToken = randomBytes(32).toString('base64url')
    const row = { id, join_hash: hashOf(joinToken), created_at_ms: this.#context.clock.nowMs() }
    const entry = { caller: PLATFORM, action: 'machine.add', target: id }
    await change(this.#context, entry, (transaction) => transaction('machines').insert(row))
    return joinToken
  }

  /** Whether the token was made for the machine. Takes the same time whatever is wrong with it. */
  async mayJoin(machine: string, joinToken: string): Promise<boolean> {
    const row: MachineRow | undefined = await this.#context.db('machines').where({ id: machine }).first()
    const expected = Buffer.from(row?.join_hash ?? '0'.repeat(64), 'hex')
    return timingSafeEqual(expected, Buffer.from(hashOf(joinToken), 'hex')) && row !== undefined
  }

  async all(): Promise<MachineRow[]> {
    return this.#context.db('machines').orderBy('seq')
  }

  /** Its token works no longer. */
  async remove(id: string): Promise<void> {
    const entry = { caller: PLATFORM, action: 'machine.remove', target: id }
    await change(this.#context, entry, (transaction) => transaction('machines').where({ id }).delete())
  }
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex')
