import type { Page, Realm } from '@openzimki/api'
import { isAlias, PlatformError, type RealmLimits } from '@openzimki/core'
import type { Knex } from 'knex'
import type { AccountPolicy } from './account-policy.ts'
import { requireOperator } from './accounts.ts'
import type { Caller } from './caller.ts'
import type { ControlContext } from './control-context.ts'
import { change } from './database/change.ts'
import { type PageRequest, readPage } from './database/read-page.ts'
import type { DeploymentRow, RealmRow } from './database/rows.ts'
import { findRealm, requireRealm } from './find-realm.ts'
import { firstKey } from './keys.ts'
import type { MachineRules } from './machines/machine-rules.ts'
import type { RealmRemover } from './realm-remover.ts'
import type { RealmUrls } from './realm-urls.ts'
import type { RouteRefresh } from './routing/route-refresh.ts'
import type { RunsIn } from './routing/runs-in.ts'

export interface RealmServiceParts {
  context: ControlContext
  urls: RealmUrls
  routes: RouteRefresh
  remover: RealmRemover
  rules: MachineRules
  policy: AccountPolicy
  /** It may run elsewhere from now on. */
  onPlaced: () => void
  /** What runs of the realm has to be loaded anew, because its limits changed. */
  reload: (realm: string) => Promise<void>
}

/** Realms: a customer's applications. */
export class RealmService {
  readonly #parts: RealmServiceParts

  constructor(parts: RealmServiceParts) {
    this.#parts = parts
  }

  /** With a first key, whose alias is the name where no key has it. ALREADY_EXISTS within the account. */
  async create(caller: Caller, { name }: { name: string }): Promise<Realm> {
    return this.#show(await this.createRow(caller, name))
  }

  async createRow(caller: Caller, name: string): Promise<RealmRow> {
    const { context, routes } = this.#parts
    const row = {
      id: context.randomUUID(),
      account: caller.account,
      name,
      deployment: null,
      refused: null,
      path_form: 1,
      limits: '{}',
      pool: null,
      isolation: null,
      created_at_ms: context.clock.nowMs(),
    }
    const entry = { caller, action: 'realm.create', target: row.id, details: { name } }
    await change(context, entry, async (transaction) => {
      await requireFreeName(transaction, row.account, name)
      await transaction('realms').insert(row)
      const taken = await transaction('keys').where({ alias: name }).first()
      await transaction('keys').insert({
        id: context.randomUUID(),
        realm: row.id,
        name: 'first',
        alias: taken ? null : name,
        debug: 0,
        created_at_ms: row.created_at_ms,
        revoked_at_ms: null,
      })
    })
    await routes.realm(row.id)
    return { seq: 0, ...row }
  }

  /** The realm; with `create`, one that does not exist is made in the caller's account. */
  async ensureRow(
    caller: Caller,
    reference: string,
    create: boolean,
  ): Promise<{ realm: RealmRow; created: boolean }> {
    const { db } = this.#parts.context
    const found = create ? await findRealm(db, caller, reference) : await requireRealm(db, caller, reference)
    if (found) return { realm: found, created: false }
    if (!isAlias(reference)) {
      throw new PlatformError(
        'INVALID_ARGUMENT',
        `${reference} cannot be the name of a realm: use 1 to 63 of a-z, 0-9 and -, not a reserved word`,
      )
    }
    try {
      return { realm: await this.createRow(caller, reference), created: true }
    } catch (error) {
      // Of several that come at once, as the uploads of a first deploy do, one makes it.
      const other = await findRealm(db, caller, reference)
      if (other && error instanceof PlatformError && error.code === 'ALREADY_EXISTS') {
        return { realm: other, created: false }
      }
      throw error
    }
  }

  async list(caller: Caller, page: PageRequest): Promise<Page<Realm>> {
    const { db } = this.#parts.context
    const query = caller.operator ? db('realms') : db('realms').where({ account: caller.account })
    const { items, next } = await readPage<RealmRow, RealmRow>(query, page, (row) => row)
    const shown: Realm[] = []
    for (const row of items) shown.push(await this.#show(row))
    return { items: shown, next }
  }

  async get(caller: Caller, reference: string): Promise<Realm> {
    return this.#show(await requireRealm(this.#parts.context.db, caller, reference))
  }

  /** `limits` replaces what the owner set; what runs is loaded anew with them; with `runsIn` it moves. `refuse` is the operator's. */
  async update(
    caller: Caller,
    reference: string,
    input: {
      name?: string | undefined
      limits?: Partial<RealmLimits> | undefined
      pathForm?: boolean | undefined
      runsIn?: RunsIn | undefined
      refuse?: string | null | undefined
    },
  ): Promise<Realm> {
    const { context, routes, reload } = this.#parts
    if (input.refuse !== undefined) requireOperator(caller)
    const before = await requireRealm(context.db, caller, reference)
    if (input.runsIn) {
      const floor = this.#parts.policy.floorOf(before.account)
      this.#parts.rules.requirePossible({ ...input.runsIn, floor })
    }
    const values = {
      ...(input.runsIn ?? { pool: before.pool, isolation: before.isolation }),
      name: input.name ?? before.name,
      limits: input.limits === undefined ? before.limits : JSON.stringify(input.limits),
      path_form: (input.pathForm ?? before.path_form !== 0) ? 1 : 0,
      refused: input.refuse === undefined ? before.refused : input.refuse,
    }
    const entry = { caller, action: 'realm.update', target: before.id, details: { ...input } }
    await change(context, entry, async (transaction) => {
      if (values.name !== before.name) await requireFreeName(transaction, before.account, values.name)
      await transaction('realms').where({ id: before.id }).update(values)
    })
    await routes.realm(before.id)
    if (input.runsIn) this.#parts.onPlaced()
    if (values.limits !== before.limits) await reload(before.id)
    return this.#show({ ...before, ...values })
  }

  /** Its routes are gone when this resolves; objects, files and logs go too, after a crash at the next start. */
  async delete(caller: Caller, reference: string): Promise<void> {
    const { context, routes, remover } = this.#parts
    const realm = await requireRealm(context.db, caller, reference)
    const entry = { caller, action: 'realm.delete', target: realm.id, details: { name: realm.name } }
    await change(context, entry, async (transaction) => {
      for (const table of ['keys', 'domains', 'secrets', 'deployments', 'deployment_blobs']) {
        await transaction(table).where({ realm: realm.id }).delete()
      }
      await transaction('realms').where({ id: realm.id }).delete()
      await transaction('doomed_realms').insert({ id: realm.id })
    })
    await routes.realm(realm.id)
    await remover.remove(realm.id)
  }

  async #show(row: RealmRow): Promise<Realm> {
    const { context, urls, policy } = this.#parts
    const refusal = row.refused ?? policy.refusalOf(row.account)
    const key = await firstKey(context.db, row.id)
    const live: DeploymentRow | undefined =
      row.deployment === null
        ? undefined
        : await context.db('deployments').where({ realm: row.id, id: row.deployment }).first()
    return {
      id: row.id,
      account: row.account,
      name: row.name,
      kind: live?.kind ?? null,
      deployment: row.deployment,
      state: refusal === null ? 'live' : 'refused',
      reason: refusal,
      pathForm: urls.hasPathForm(row),
      limits: JSON.parse(row.limits),
      ...(row.pool === null && row.isolation === null
        ? {}
        : { runsIn: { pool: row.pool, isolation: row.isolation } }),
      url: key && urls.url(key, row),
      origin: key && urls.origin(key.alias),
      createdAtMs: row.created_at_ms,
    }
  }
}

async function requireFreeName(db: Knex, account: string, name: string): Promise<void> {
  const taken = await db('realms').where({ account, name }).first()
  if (taken)
    throw new PlatformError('ALREADY_EXISTS', `You have a realm called ${name} already; choose another name`)
}
