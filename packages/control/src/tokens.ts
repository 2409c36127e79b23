import type { Page, Token } from '@openzimki/api'
import { PlatformError } from '@openzimki/core'
import type { Caller } from './caller.ts'
import type { ControlContext } from './control-context.ts'
import { change } from './database/change.ts'
import { type PageRequest, readPage } from './database/read-page.ts'
import type { AccountRow, TokenRow } from './database/rows.ts'
import { isTokenText, newTokenText, tokenHash } from './token-text.ts'

/** `lastUsedAtMs` is written at most this often, so that reading the API does not write to the disk. */
const USED_GRAIN_MS = 60_000

const show = (row: TokenRow): Token => ({
  id: row.id,
  account: row.account,
  name: row.name,
  createdAtMs: row.created_at_ms,
  expiresAtMs: row.expires_at_ms,
  lastUsedAtMs: row.last_used_at_ms,
})

/** Tokens of accounts, and authentication by them. Only a token's hash is kept. */
export class TokenService {
  readonly #context: ControlContext

  constructor(context: ControlContext) {
    this.#context = context
  }

  /**
   * The caller that a token stands for. UNAUTHENTICATED for anything but a token that is neither revoked nor expired;
   * PERMISSION_DENIED when its account is suspended.
   */
  async authenticate(text: string): Promise<Caller> {
    const { db, clock } = this.#context
    const token: TokenRow | undefined = isTokenText(text)
      ? await db('tokens')
          .where({ hash: tokenHash(text) })
          .first()
      : undefined
    if (!token || (token.expires_at_ms !== null && token.expires_at_ms <= clock.nowMs())) {
      throw new PlatformError(
        'UNAUTHENTICATED',
        'The token is unknown, revoked or expired; log in with another one',
      )
    }
    const account: AccountRow | undefined = await db('accounts').where({ id: token.account }).first()
    if (!account || account.state === 'suspended') {
      throw new PlatformError('PERMISSION_DENIED', 'The account is suspended; ask the operator')
    }
    if (clock.nowMs() - (token.last_used_at_ms ?? 0) >= USED_GRAIN_MS) {
      await db('tokens').where({ id: token.id }).update({ last_used_at_ms: clock.nowMs() })
    }
    return { account: account.id, operator: account.role === 'operator', name: token.name }
  }

  /** The answer alone holds the token's text. NOT_FOUND: another account's, unless the caller is an operator. */
  async create(
    caller: Caller,
    input: { name: string; expiresAtMs?: number | undefined; account?: string | undefined },
  ): Promise<Token & { token: string }> {
    const { db, clock, randomUUID } = this.#context
    const account = input.account ?? caller.account
    const known = caller.operator
      ? await db('accounts').where({ id: account }).first()
      : account === caller.account
    if (!known) throw new PlatformError('NOT_FOUND', `There is no account ${account}`)
    if (input.expiresAtMs !== undefined && input.expiresAtMs <= clock.nowMs()) {
      throw new PlatformError('INVALID_ARGUMENT', 'expiresAtMs lies in the past')
    }
    const text = newTokenText()
    const row = {
      id: randomUUID(),
      account,
      name: input.name,
      hash: tokenHash(text),
      created_at_ms: clock.nowMs(),
      expires_at_ms: input.expiresAtMs ?? null,
      last_used_at_ms: null,
    }
    await change(this.#context, { caller, action: 'token.create', target: row.id }, async (transaction) => {
      await transaction('tokens').insert(row)
    })
    return { ...show({ seq: 0, ...row }), token: text }
  }

  async list(caller: Caller, page: PageRequest): Promise<Page<Token>> {
    return readPage(this.#context.db('tokens').where({ account: caller.account }), page, show)
  }

  /** NOT_FOUND when it is gone already, or another account's (operators may revoke any). */
  async revoke(caller: Caller, id: string): Promise<void> {
    const scope = caller.operator ? { id } : { id, account: caller.account }
    await change(this.#context, { caller, action: 'token.revoke', target: id }, async (transaction) => {
      const revoked = await transaction('tokens').where(scope).delete()
      if (revoked === 0) throw new PlatformError('NOT_FOUND', `There is no token ${id}`)
    })
  }
}
