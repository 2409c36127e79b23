import type { Knex } from 'knex'
import type { AccountPolicy } from '../account-policy.ts'
import type { AccountRow, DeploymentRow, DomainRow, KeyRow, RealmRow } from '../database/rows.ts'
import { effectiveLimits } from '../effective-limits.ts'
import type { RealmRoutes } from './route-publisher.ts'

type LiveParts = Pick<DeploymentRow, 'kind' | 'limits'>

/** The routes of these realms as the database has them, or of all. */
export async function readRealmRoutes(
  db: Knex,
  ids: string[] | 'all',
  policy: AccountPolicy,
): Promise<RealmRoutes[]> {
  const only = (column: string) => (query: Knex.QueryBuilder) => {
    if (ids !== 'all') query.whereIn(column, ids)
  }
  const realms: RealmRow[] = await db('realms').modify(only('id'))
  const keys = grouped<KeyRow>(await db('keys').whereNull('revoked_at_ms').modify(only('realm')))
  const domains = grouped<DomainRow>(await db('domains').modify(only('realm')))
  const suspended: Pick<AccountRow, 'id'>[] = await db('accounts').select('id').where({ state: 'suspended' })
  const live = await readLive(db, only('realms.id'))
  const refusedAccounts = new Set(suspended.map((account) => account.id))
  return realms.map((realm) => ({
    realm: realmRoute(realm, live.get(realm.id), refusedAccounts.has(realm.account), policy),
    keys: (keys.get(realm.id) ?? []).map((key) => ({
      id: key.id,
      alias: key.alias,
      realm: realm.id,
      debug: key.debug !== 0,
    })),
    domains: (domains.get(realm.id) ?? []).map(({ host, key }) => ({ host, key })),
    runsIn: { pool: realm.pool, isolation: realm.isolation },
  }))
}

async function readLive(db: Knex, only: (query: Knex.QueryBuilder) => void): Promise<Map<string, LiveParts>> {
  const rows: (LiveParts & { realm: string })[] = await db('realms')
    .join('deployments', (join) => {
      join.on('deployments.realm', 'realms.id').andOn('deployments.id', 'realms.deployment')
    })
    .modify(only)
    .select('deployments.realm', 'deployments.kind', 'deployments.limits')
  return new Map(rows.map((row) => [row.realm, row]))
}

function realmRoute(
  realm: RealmRow,
  live: LiveParts | undefined,
  suspended: boolean,
  policy: AccountPolicy,
): RealmRoutes['realm'] {
  const reason = suspended ? 'The account is suspended.' : (realm.refused ?? policy.refusalOf(realm.account))
  return {
    id: realm.id,
    account: realm.account,
    deployment: live ? realm.deployment : null,
    kind: live?.kind ?? 'script',
    limits: effectiveLimits(live?.limits ?? '{}', realm.limits),
    state: reason === null ? 'live' : 'refused',
    reason,
    pathForm: realm.path_form !== 0 && policy.mayUsePathForm(realm.account),
  }
}

function grouped<T extends { realm: string }>(rows: T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const row of rows) {
    const group = groups.get(row.realm)
    if (group) group.push(row)
    else groups.set(row.realm, [row])
  }
  return groups
}
