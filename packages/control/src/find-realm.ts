import { isUuid, PlatformError } from '@openzimki/core'
import type { Knex } from 'knex'
import type { Caller } from './caller.ts'
import type { RealmRow } from './database/rows.ts'

/**
 * The realm that `reference` (UUID or name) means to this caller, or null. Another account's is null just like one that
 * does not exist. An operator's own realm comes first under a name. INVALID_ARGUMENT: several accounts have one of that name.
 */
export async function findRealm(db: Knex, caller: Caller, reference: string): Promise<RealmRow | null> {
  const scope = caller.operator ? {} : { account: caller.account }
  const by = isUuid(reference) ? { id: reference } : { name: reference }
  const rows: RealmRow[] = await db('realms')
    .where({ ...scope, ...by })
    .limit(100)
  const own = rows.find((row) => row.account === caller.account)
  if (own) return own
  if (rows.length > 1) {
    throw new PlatformError(
      'INVALID_ARGUMENT',
      `Several accounts have a realm called ${reference}; name yours by its id`,
    )
  }
  return rows[0] ?? null
}

/** The same; NOT_FOUND instead of null. */
export async function requireRealm(db: Knex, caller: Caller, reference: string): Promise<RealmRow> {
  const realm = await findRealm(db, caller, reference)
  if (realm) return realm
  throw new PlatformError('NOT_FOUND', `There is no realm ${reference}; \`zimki realms\` lists yours`, {
    details: { realm: reference },
  })
}
