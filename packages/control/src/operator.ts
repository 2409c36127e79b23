import { PLATFORM } from './caller.ts'
import type { ControlContext } from './control-context.ts'
import type { AccountRow } from './database/rows.ts'
import type { Services } from './services.ts'

/** What an operator needs to log in. */
export interface Operator {
  account: string
  /** Shown this once. */
  token: string
}

/** At the first start: an operator account and its token. Null when there is one already. */
export async function ensureOperator(context: ControlContext, services: Services): Promise<Operator | null> {
  if (await firstOperator(context)) return null
  const input = { name: 'operator', trusted: true, role: 'operator' as const }
  const { id } = await services.accounts.create(PLATFORM, input)
  return operatorToken(services, id)
}

/** A further token of the first operator account, for when the first was lost. Null when there is no such account. */
export async function newOperatorToken(
  context: ControlContext,
  services: Services,
): Promise<Operator | null> {
  const account = await firstOperator(context)
  return account && operatorToken(services, account.id)
}

async function firstOperator({ db }: ControlContext): Promise<AccountRow | null> {
  const row: AccountRow | undefined = await db('accounts').where({ role: 'operator' }).orderBy('seq').first()
  return row ?? null
}

async function operatorToken(services: Services, account: string): Promise<Operator> {
  const { token } = await services.tokens.create(PLATFORM, { name: 'operator', account })
  return { account, token }
}
