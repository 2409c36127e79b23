import type { Account, Page } from '@openzimki/api'
import { PlatformError } from '@openzimki/core'
import type { AccountPolicy } from './account-policy.ts'
import type { Caller } from './caller.ts'
import type { ControlContext } from './control-context.ts'
import { change } from './database/change.ts'
import { type PageRequest, readPage } from './database/read-page.ts'
import type { AccountRow } from './database/rows.ts'

const show = (row: AccountRow): Account => ({
  id: row.id,
  name: row.name,
  role: row.role,
  state: row.state,
  trusted: row.trusted !== 0,
  createdAtMs: row.created_at_ms,
})

/** Accounts. Operators alone, but for `me`; the table of routes sees to that and `requireOperator` once more. */
export class AccountService {
  readonly #context: ControlContext
  readonly #policy: AccountPolicy
  /** Called after an account's state or trust changed, so that its realms' routes and places follow. */
  readonly #onChange: (account: string) => Promise<void>

  constructor(context: ControlContext, policy: AccountPolicy, onChange: (account: string) => Promise<void>) {
    this.#context = context
    this.#policy = policy
    this.#onChange = onChange
  }

  async me(caller: Caller): Promise<Account> {
    return show(await this.#find(caller.account))
  }

  async create(
    caller: Caller,
    input: { name: string; trusted: boolean; role?: 'customer' | 'operator' },
  ): Promise<Account> {
    requireOperator(caller)
    const { clock, randomUUID } = this.#context
    const row = {
      id: randomUUID(),
      name: input.name,
      role: input.role ?? 'customer',
      state: 'active',
      trusted: input.trusted ? 1 : 0,
      created_at_ms: clock.nowMs(),
    } as const
    await change(this.#context, { caller, action: 'account.create', target: row.id }, async (transaction) => {
      await transaction('accounts').insert(row)
    })
    this.#policy.learn(row)
    return show({ seq: 0, ...row })
  }

  async list(caller: Caller, page: PageRequest): Promise<Page<Account>> {
    requireOperator(caller)
    return readPage(this.#context.db('accounts'), page, show)
  }

  async get(caller: Caller, id: string): Promise<Account> {
    requireOperator(caller)
    return show(await this.#find(id))
  }

  /** CONFLICT: an operator cannot suspend the account it acts with. */
  async update(
    caller: Caller,
    id: string,
    input: { name?: string | undefined; trusted?: boolean | undefined; state?: Account['state'] | undefined },
  ): Promise<Account> {
    requireOperator(caller)
    const before = await this.#find(id)
    if (input.state === 'suspended' && id === caller.account) {
      throw new PlatformError('CONFLICT', 'You cannot suspend your own account; use another operator account')
    }
    const values = {
      name: input.name ?? before.name,
      trusted: (input.trusted ?? before.trusted !== 0) ? 1 : 0,
      state: input.state ?? before.state,
    }
    await change(
      this.#context,
      { caller, action: 'account.update', target: id, details: values },
      (transaction) => transaction('accounts').where({ id }).update(values),
    )
    const isTrustChanged = this.#policy.learn({ ...before, ...values })
    if (isTrustChanged || values.state !== before.state) await this.#onChange(id)
    return show({ ...before, ...values })
  }

  /** CONFLICT while it has realms, or when it is the caller's own. */
  async delete(caller: Caller, id: string): Promise<void> {
    requireOperator(caller)
    await this.#find(id)
    if (id === caller.account)
      throw new PlatformError('CONFLICT', 'You cannot delete the account you act with')
    await change(this.#context, { caller, action: 'account.delete', target: id }, async (transaction) => {
      const [realm] = await transaction('realms').where({ account: id }).limit(1)
      if (realm) throw new PlatformError('CONFLICT', 'The account still has realms; delete them first')
      await transaction('tokens').where({ account: id }).delete()
      await transaction('accounts').where({ id }).delete()
    })
    this.#policy.forget(id)
  }

  async #find(id: string): Promise<AccountRow> {
    const row: AccountRow | undefined = await this.#context.db('accounts').where({ id }).first()
    if (row) return row
    throw new PlatformError('NOT_FOUND', `There is no account ${id}`)
  }
}

/** PERMISSION_DENIED for anyone but an operator. */
export function requireOperator(caller: Caller): void {
  if (caller.operator) return
  throw new PlatformError('PERMISSION_DENIED', 'Only an operator may do this; use an operator token')
}
