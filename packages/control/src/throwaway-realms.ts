import type { BlobRefs, ObjectStore } from '@openzimki/store'
import type { ControlContext } from './control-context.ts'
import type { RealmRow } from './database/rows.ts'
import { effectiveLimits } from './effective-limits.ts'
import type { CellFleet } from './machines/cell-fleet.ts'
import type { LoadPlanner } from './machines/load-planner.ts'
import type { Reconciler } from './machines/reconciler.ts'
import type { RealmRemover } from './realm-remover.ts'
import type { RoutePublisher } from './routing/route-publisher.ts'

export interface ThrowawayRealmsParts {
  context: ControlContext
  objects: ObjectStore
  refs: BlobRefs
  fleet: CellFleet
  planner: LoadPlanner
  reconciler: Reconciler
  publisher: RoutePublisher
  remover: RealmRemover
}

/** Copies of realms that live for one test run. No key leads to them. */
export class ThrowawayRealms {
  readonly #parts: ThrowawayRealmsParts

  constructor(parts: ThrowawayRealmsParts) {
    this.#parts = parts
  }

  /** Makes a copy with the same objects, files and deployment, runs `work` with its id, and removes it whatever happens. */
  async use<T>(realm: RealmRow, deployment: string, work: (copy: string) => Promise<T>): Promise<T> {
    const { context, reconciler, publisher } = this.#parts
    const copy = context.randomUUID()
    // The row comes first, so that a crash leaves nothing that the next start does not find.
    await context
      .db('throwaways')
      .insert({ id: copy, realm: realm.id, created_at_ms: context.clock.nowMs(), swept: 0 })
    const release = reconciler.hold(copy, deployment)
    try {
      await this.#fill(realm, copy)
      await this.#load(realm, deployment, copy)
      return await work(copy)
    } finally {
      release()
      publisher.removeRealm(copy)
      await this.#sweep(copy)
    }
  }

  /** After a crash: copies that were left behind. */
  async sweepAll(): Promise<void> {
    const rows: { id: string }[] = await this.#parts.context.db('throwaways').where({ swept: 0 })
    for (const { id } of rows) await this.#sweep(id)
  }

  async #fill(realm: RealmRow, copy: string): Promise<void> {
    const { objects, refs } = this.#parts
    await objects.copyRealm(realm.id, copy)
    let after: string | undefined
    for (;;) {
      const held = await refs.list(realm.id, after === undefined ? {} : { after })
      for (const { digest, size } of held) await refs.add(copy, digest, size)
      after = held.at(-1)?.digest
      if (after === undefined) return
    }
  }

  async #load(realm: RealmRow, deployment: string, copy: string): Promise<void> {
    const { context, fleet, planner, publisher } = this.#parts
    const row = await context.db('deployments').where({ realm: realm.id, id: deployment }).first()
    const plan = await planner.plan(realm, { ...row, env: JSON.parse(row.env) }, copy)
    publisher.setRealm({
      realm: {
        id: copy,
        account: realm.account,
        deployment,
        kind: row.kind,
        limits: effectiveLimits(row.limits, realm.limits),
        state: 'live',
        reason: null,
        pathForm: false,
      },
      keys: [],
      domains: [],
      runsIn: { pool: realm.pool, isolation: realm.isolation },
    })
    await fleet.load(plan)
    publisher.flush()
  }

  async #sweep(copy: string): Promise<void> {
    const { context, remover } = this.#parts
    await remover.wipe(copy)
    await context.db('throwaways').where({ id: copy }).update({ swept: 1 })
  }
}
