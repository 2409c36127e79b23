import type { Domain, Page } from '@openzimki/api'
import { PlatformError } from '@openzimki/core'
import type { Caller } from './caller.ts'
import type { ControlContext } from './control-context.ts'
import { change } from './database/change.ts'
import { type PageRequest, readPage } from './database/read-page.ts'
import type { DomainRow } from './database/rows.ts'
import { requireRealm } from './find-realm.ts'
import { firstKey, requireKey } from './keys.ts'
import type { RealmUrls } from './realm-urls.ts'
import type { RouteRefresh } from './routing/route-refresh.ts'

const show = ({ host, realm, key, created_at_ms }: DomainRow): Domain => ({
  host,
  realm,
  key,
  createdAtMs: created_at_ms,
})

/** Host names that customers bring. */
export class DomainService {
  readonly #context: ControlContext
  readonly #urls: RealmUrls
  readonly #routes: RouteRefresh

  constructor(context: ControlContext, urls: RealmUrls, routes: RouteRefresh) {
    this.#context = context
    this.#urls = urls
    this.#routes = routes
  }

  /** ALREADY_EXISTS when any realm has the host; INVALID_ARGUMENT for the platform's own names and a revoked key. */
  async create(
    caller: Caller,
    reference: string,
    input: { host: string; key?: string | undefined },
  ): Promise<Domain> {
    const { db, clock } = this.#context
    const realm = await requireRealm(db, caller, reference)
    if (this.#urls.isOwn(input.host)) {
      throw new PlatformError(
        'INVALID_ARGUMENT',
        `${input.host} belongs to the platform; use a name of your own`,
      )
    }
    const key =
      input.key === undefined ? await firstKey(db, realm.id) : await requireKey(db, realm, input.key)
    if (!key || key.revoked_at_ms !== null) {
      throw new PlatformError('INVALID_ARGUMENT', 'The realm has no such key that works; create one first')
    }
    const row = { host: input.host, realm: realm.id, key: key.id, created_at_ms: clock.nowMs() }
    const entry = { caller, action: 'domain.create', target: input.host, details: { realm: realm.id } }
    await change(this.#context, entry, async (transaction) => {
      const taken = await transaction('domains').where({ host: input.host }).first()
      if (taken) throw boundAlready(input.host, taken.realm === realm.id)
      await transaction('domains').insert(row)
    })
    await this.#routes.realm(realm.id)
    return show({ seq: 0, ...row })
  }

  async list(caller: Caller, reference: string, page: PageRequest): Promise<Page<Domain>> {
    const realm = await requireRealm(this.#context.db, caller, reference)
    return readPage(this.#context.db('domains').where({ realm: realm.id }), page, show)
  }

  async delete(caller: Caller, reference: string, host: string): Promise<void> {
    const realm = await requireRealm(this.#context.db, caller, reference)
    await change(this.#context, { caller, action: 'domain.delete', target: host }, async (transaction) => {
      const deleted = await transaction('domains').where({ host, realm: realm.id }).delete()
      if (deleted === 0)
        throw new PlatformError(
          'NOT_FOUND',
          `${host} is not bound to ${realm.name}; \`zimki domains\` lists what is`,
        )
    })
    await this.#routes.realm(realm.id)
  }
}

/** Says nothing about whose the other realm is. */
function boundAlready(host: string, isHere: boolean): PlatformError {
  const message = isHere
    ? `${host} leads to this realm already`
    : `${host} leads to another realm; it must be taken away there first, with \`zimki domains remove ${host}\``
  return new PlatformError('ALREADY_EXISTS', message)
}
