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
    const realm: RealmRow | undefined = await this.#db('realms').where({ id: realmId }).first()
    const row: DeploymentRow | undefined = await this.#db('deployments')
      .where({ realm: realmId, id: deployment })
      .first()
    if (!realm || !row) throw new PlatformError('NOT_FOUND', 'The realm or its deployment is gone')
    return this.plan(realm, { id: row.id, kind: row.kind, limits: row.limits, env: JSON.parse(row.env) })
  }

  /** `as`: load it for another realm, a throw-away copy of this one. */
  async plan(realm: RealmRow, deployment: LoadableDeployment, as: string = realm.id): Promise<LoadPlan> {
    const limits: RealmLimits = effectiveLimits(deployment.limits, realm.limits)
    return {
      cordon: this.#cordonOf({ id: as, account: realm.account }),
      load: {
        account: realm.account,
        realm: as,
        deployment: deployment.id,
        kind: deployment.kind,
        limits,
        env: { ...deployment.env, ...(await this.#secrets(realm.id)) },
      },
    }
  }

  async #secrets(realm: string): Promise<Record<string, string>> {
    const rows: { name: string; sealed: string }[] = await this.#db('secrets').where({ realm })
    return Object.fromEntries(
      rows.map(({ name, sealed }) => [name, this.#box.open(`${realm}/${name}`, sealed)]),
    )
  }
}
