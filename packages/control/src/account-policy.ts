import { type Isolation, isBehind } from '@openzimki/placement'
import type { Knex } from 'knex'
import type { AccountRow } from './database/rows.ts'

export interface AccountPolicyOptions {
  /** The weakest border behind which code runs of accounts that the operator has not marked trusted. */
  floor: Isolation
  /** Whose realms may be reached at `/u/<key>/`, on an origin that realms share. */
  pathForm: 'all' | 'trusted'
  /** Borders of the pools; none: it is not known what machines somebody else starts. */
  borders: readonly Isolation[]
}

/** What the operator's word about trust comes to. It knows who is trusted without asking the database, since routes are made of it. */
export class AccountPolicy {
  readonly #options: AccountPolicyOptions
  readonly #trusted = new Set<string>()

  constructor(options: AccountPolicyOptions) {
    this.#options = options
  }

  async load(db: Knex): Promise<void> {
    const rows: AccountRow[] = await db('accounts').where({ trusted: 1 }).orWhere({ role: 'operator' })
    for (const row of rows) this.learn(row)
  }

  /** An account was made or changed. True: what it may do is not what it was. Operators trust themselves. */
  learn({ id, trusted, role }: Pick<AccountRow, 'id' | 'trusted' | 'role'>): boolean {
    const isTrusted = trusted !== 0 || role === 'operator'
    if (this.#trusted.has(id) === isTrusted) return false
    if (isTrusted) this.#trusted.add(id)
    else this.#trusted.delete(id)
    return true
  }

  forget(account: string): void {
    this.#trusted.delete(account)
  }

  /** The weakest border that its code runs behind; null: any. Who is not known is not trusted. */
  floorOf(account: string | null): Isolation | null {
    const { floor } = this.#options
    return floor === 'process' || this.#isTrusted(account) ? null : floor
  }

  mayUsePathForm(account: string): boolean {
    return this.#options.pathForm === 'all' || this.#isTrusted(account)
  }

  /** Why nothing of the account can run here at all; null: it can. */
  refusalOf(account: string): string | null {
    const floor = this.floorOf(account)
    const { borders } = this.#options
    const all = borders.length > 0 ? borders : (['process'] as const)
    if (floor === null || all.some((isolation) => isBehind(floor, { isolation }))) return null
    return floorRefusal(floor)
  }

  #isTrusted(account: string | null): boolean {
    return account !== null && this.#trusted.has(account)
  }
}

/** For the owner of a realm. */
export const floorRefusal = (floor: Isolation): string =>
  `The operator runs code of accounts that are not marked trusted only behind a border of level ${floor} or stronger, and this platform ` +
  'has no such machines. Ask the operator to trust the account (`zimki accounts trust`) or to add a pool of such machines'
