import type { Page, Secret } from '@openzimki/api'
import { PlatformError } from '@openzimki/core'
import type { Caller } from './caller.ts'
import type { ControlContext } from './control-context.ts'
import { change } from './database/change.ts'
import { type PageRequest, readPage } from './database/read-page.ts'
import type { SecretRow } from './database/rows.ts'
import { requireRealm } from './find-realm.ts'
import type { SecretBox } from './secret-box.ts'

const MAX_SECRETS = 200

const show = ({ name, updated_at_ms }: SecretRow): Secret => ({ name, updatedAtMs: updated_at_ms })

/** Secrets of realms. They rest encrypted and are never read back. */
export class SecretService {
  readonly #context: ControlContext
  readonly #box: SecretBox
  readonly #reload: (realm: string) => Promise<void>

  /** `reload`: what runs of a realm has to be loaded anew, because its environment changed. */
  constructor(context: ControlContext, box: SecretBox, reload: (realm: string) => Promise<void>) {
    this.#context = context
    this.#box = box
    this.#reload = reload
  }

  /** New or changed. QUOTA_EXCEEDED beyond 200 in a realm. */
  async set(caller: Caller, reference: string, name: string, value: string): Promise<Secret> {
    const { db, clock } = this.#context
    const realm = await requireRealm(db, caller, reference)
    const row = {
      realm: realm.id,
      name,
      sealed: this.#box.seal(`${realm.id}/${name}`, value),
      updated_at_ms: clock.nowMs(),
    }
    const entry = { caller, action: 'secret.set', target: realm.id, details: { name } }
    await change(this.#context, entry, async (transaction) => {
      const names: { name: string }[] = await transaction('secrets').select('name').where({ realm: realm.id })
      if (names.length >= MAX_SECRETS && !names.some((known) => known.name === name)) {
        throw new PlatformError(
          'QUOTA_EXCEEDED',
          `A realm has at most ${MAX_SECRETS} secrets; delete one first`,
        )
      }
      await transaction('secrets').insert(row).onConflict(['realm', 'name']).merge()
    })
    await this.#reload(realm.id)
    return show({ seq: 0, ...row })
  }

  async list(caller: Caller, reference: string, page: PageRequest): Promise<Page<Secret>> {
    const realm = await requireRealm(this.#context.db, caller, reference)
    return readPage(this.#context.db('secrets').where({ realm: realm.id }), page, show)
  }

  async delete(caller: Caller, reference: string, name: string): Promise<void> {
    const realm = await requireRealm(this.#context.db, caller, reference)
    const entry = { caller, action: 'secret.delete', target: realm.id, details: { name } }
    await change(this.#context, entry, async (transaction) => {
      const deleted = await transaction('secrets').where({ realm: realm.id, name }).delete()
      if (deleted === 0) throw new PlatformError('NOT_FOUND', `The realm ${realm.name} has no secret ${name}`)
    })
    await this.#reload(realm.id)
  }
}
