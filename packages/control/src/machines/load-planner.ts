import { type CellLoad, PlatformError, type RealmLimits } from '@openzimki/core'
import type { Knex } from 'knex'
import type { DeploymentRow, RealmRow } from '../database/rows.ts'
import { effectiveLimits } from '../effective-limits.ts'
import type { SecretBox } from '../secret-box.ts'
import type { LoadPlan } from './cell-fleet.ts'

/** What a load needs of a deployment, whether it is in the database yet or not. */
export interface LoadableDeployment {
  id: string
  kind: CellLoad['kind']
  /** JSON text of Partial<RealmLimits>. */
  limits: string
  env: Record<string, string>
}

type PlannedRealm = Pick<RealmRow, 'id' | 'account' | 'limits'>

interface StoredDeployment extends Pick<DeploymentRow, 'kind' | 'limits' | 'env'> {
  account: string
  realmLimits: RealmRow['limits']
  hasSecrets: boolean | 0 | 1
}

/** Makes the plan for loading a deployment: limits, environment, cordon. */
export class LoadPlanner {
  readonly #db: Knex
  readonly #box: SecretBox
  readonly #cordonOf: (realm: { id: string; account: string }) => string

  constructor(db: Knex, box: SecretBox, cordonOf: (realm: { id: string; account: string }) => string) {
    this.#db = db
    this.#box = box
    this.#cordonOf = cordonOf
  }

  /** NOT_FOUND when the realm or the deployment is gone. */
  async planStored(realmId: string, deployment: string): Promise<LoadPlan> {
    // One query, because somebody waits for the first answer.
    const row: StoredDeployment | undefined = await this.#db('deployments as d')
      .join('realms as r', 'r.id', 'd.realm')
      .where({ 'd.realm': realmId, 'd.id': deployment })
      .first('d.kind', 'd.limits', 'd.env', 'r.account', 'r.limits as realmLimits', {
        hasSecrets: this.#db.raw('exists (select 1 from ?? where ?? = ??)', [
          'secrets',
          'secrets.realm',
          'r.id',
        ]),
      })
    if (!row) throw new PlatformError('NOT_FOUND', 'The realm or its deployment is gone')
    const { kind, limits, env, account, realmLimits } = row
    const realm = { id: realmId, account, limits: realmLimits }
    const secrets = row.hasSecrets ? await this.#secrets(realmId) : {}
    return this.#plan(realm, { id: deployment, kind, limits, env: JSON.parse(env) }, secrets, realmId)
  }

  /** `as`: load it for another realm, a throw-away copy of this one. */
  async plan(realm: PlannedRealm, deployment: LoadableDeployment, as: string = realm.id): Promise<LoadPlan> {
    return this.#plan(realm, deployment, await this.#secrets(realm.id), as)
  }

  #plan(
    realm: PlannedRealm,
    deployment: LoadableDeployment,
    secrets: Record<string, string>,
    as: string,
  ): LoadPlan {
    const limits: RealmLimits = effectiveLimits(deployment.limits, realm.limits)
    return {
      cordon: this.#cordonOf({ id: as, account: realm.account }),
      load: {
        account: realm.account,
        realm: as,
        deployment: deployment.id,
        kind: deployment.kind,
        limits,
        env: { ...deployment.env, ...secrets },
      },
      original: realm.id,
    }
  }

  async #secrets(realm: string): Promise<Record<string, string>> {
    const rows: { name: string; sealed: string }[] = await this.#db('secrets').where({ realm })
    return Object.fromEntries(
      rows.map(({ name, sealed }) => [name, this.#box.open(`${realm}/${name}`, sealed)]),
    )
  }
}
