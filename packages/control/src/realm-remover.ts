import type { BlobRefs, ObjectStore } from '@openzimki/store'
import type { ControlContext } from './control-context.ts'
import type { SharedFiles } from './deploy/shared-files.ts'
import type { CellFleet } from './machines/cell-fleet.ts'
import type { LogStore } from './metering/log-store.ts'

export interface RealmRemoverParts {
  context: ControlContext
  fleet: CellFleet
  objects: ObjectStore
  refs: BlobRefs
  shared: SharedFiles
  logs: LogStore
}

/** Removes what a deleted realm leaves in other stores. May be repeated, so that a crash in the middle does not matter. */
export class RealmRemover {
  readonly #parts: RealmRemoverParts

  constructor(parts: RealmRemoverParts) {
    this.#parts = parts
  }

  /** A realm that is marked in `doomed_realms`. */
  async remove(realm: string): Promise<void> {
    const { context } = this.#parts
    await this.wipe(realm)
    await context.db('doomed_realms').where({ id: realm }).delete()
  }

  /** After a crash: what was begun. */
  async resume(): Promise<void> {
    const rows: { id: string }[] = await this.#parts.context.db('doomed_realms')
    for (const { id } of rows) await this.remove(id)
  }

  /** Cells first, so that nothing writes any more, then objects, files and logs. */
  async wipe(realm: string): Promise<void> {
    const { context, fleet, objects, refs, shared, logs } = this.#parts
    for (const loaded of fleet.all()) {
      if (loaded.realm !== realm) continue
      await fleet.unload(realm, loaded.deployment).catch((error: unknown) => {
        context.log('warn', 'A deleted realm could not be unloaded', { realm, error: String(error) })
      })
    }
    await shared.sync(realm)
    await objects.deleteRealm(realm)
    for (;;) {
      const held = await refs.list(realm, { limit: 1000 })
      if (held.length === 0) break
      for (const { digest } of held) await refs.remove(realm, digest)
    }
    await logs.deleteRealm(realm)
  }
}
