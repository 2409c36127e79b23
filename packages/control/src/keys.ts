import type { Key, Page } from '@openzimki/api'
import { isUuid, PlatformError } from '@openzimki/core'
import type { Knex } from 'knex'
import type { Caller } from './caller.ts'
import type { ControlContext } from './control-context.ts'
import { change } from './database/change.ts'
import { type PageRequest, readPage } from './database/read-page.ts'
import type { KeyRow, RealmRow } from './database/rows.ts'
import { requireRealm } from './find-realm.ts'
import type { RealmUrls } from './realm-urls.ts'

/** API keys: the entry points of realms. */
export class KeyService {
  readonly #context: ControlContext
  readonly #urls: RealmUrls
  readonly #onChange: (realm: string) => Promise<void>

  /** `onChange`: what follows from a realm's keys has to follow. */
  constructor(context: ControlContext, urls: RealmUrls, onChange: (realm: string) => Promise<void>) {
    this.#context = context
    this.#urls = urls
    this.#onChange = onChange
  }

  /** ALREADY_EXISTS when the alias is in use, by whatever account. */
  async create(
    caller: Caller,
    reference: string,
    input: { name?: string | undefined; alias?: string | undefined; debug: boolean },
  ): Promise<Key> {
    const { db, clock, randomUUID } = this.#context
    const realm = await requireRealm(db, caller, reference)
    const row = {
      id: randomUUID(),
      realm: realm.id,
      name: input.name ?? null,
      alias: input.alias ?? null,
      debug: input.debug ? 1 : 0,
      created_at_ms: clock.nowMs(),
      revoked_at_ms: null,
    }
    const entry = {
      caller,
      action: 'key.create',
      target: row.id,
      details: { realm: realm.id, alias: row.alias },
    }
    await change(this.#context, entry, async (transaction) => {
      await requireFreeAlias(transaction, row.alias, row.id)
      await transaction('keys').insert(row)
    })
    await this.#onChange(realm.id)
    return this.#show(realm, { seq: 0, ...row })
  }

  async list(caller: Caller, reference: string, page: PageRequest): Promise<Page<Key>> {
    const realm = await requireRealm(this.#context.db, caller, reference)
    const query = this.#context.db('keys').where({ realm: realm.id })
    return readPage<KeyRow, Key>(query, page, (row) => this.#show(realm, row))
  }

  /** An alias that is taken away or changed stops answering at once. */
  async update(
    caller: Caller,
    reference: string,
    key: string,
    input: {
      name?: string | null | undefined
      alias?: string | null | undefined
      debug?: boolean | undefined
    },
  ): Promise<Key> {
    const realm = await requireRealm(this.#context.db, caller, reference)
    const before = await requireKey(this.#context.db, realm, key)
    if (before.revoked_at_ms !== null && input.alias) {
      throw new PlatformError('INVALID_ARGUMENT', 'The key is revoked: create a new one for the alias')
    }
    const values = {
      name: input.name === undefined ? before.name : input.name,
      alias: input.alias === undefined ? before.alias : input.alias,
      debug: (input.debug ?? before.debug !== 0) ? 1 : 0,
    }
    const entry = { caller, action: 'key.update', target: before.id, details: values }
    await change(this.#context, entry, async (transaction) => {
      await requireFreeAlias(transaction, values.alias, before.id)
      await transaction('keys').where({ id: before.id }).update(values)
    })
    await this.#onChange(realm.id)
    return this.#show(realm, { ...before, ...values })
  }

  /** Revoking twice is no error. */
  async revoke(caller: Caller, reference: string, key: string): Promise<Key> {
    const realm = await requireRealm(this.#context.db, caller, reference)
    const before = await requireKey(this.#context.db, realm, key)
    if (before.revoked_at_ms !== null) return this.#show(realm, before)
    const values = { alias: null, revoked_at_ms: this.#context.clock.nowMs() }
    await change(this.#context, { caller, action: 'key.revoke', target: before.id }, async (transaction) => {
      await transaction('keys').where({ id: before.id }).update(values)
      await transaction('domains').where({ key: before.id }).delete()
    })
    await this.#onChange(realm.id)
    return this.#show(realm, { ...before, ...values })
  }

  async delete(caller: Caller, reference: string, key: string): Promise<void> {
    const realm = await requireRealm(this.#context.db, caller, reference)
    const { id } = await requireKey(this.#context.db, realm, key)
    await change(this.#context, { caller, action: 'key.delete', target: id }, async (transaction) => {
      await transaction('keys').where({ id }).delete()
      await transaction('domains').where({ key: id }).delete()
    })
    await this.#onChange(realm.id)
  }

  #show(realm: RealmRow, row: KeyRow): Key {
    return {
      id: row.id,
      realm: row.realm,
      name: row.name,
      alias: row.alias,
      debug: row.debug !== 0,
      url: this.#urls.url(row, realm),
      origin: this.#urls.origin(row.alias),
      createdAtMs: row.created_at_ms,
      revokedAtMs: row.revoked_at_ms,
    }
  }
}

/** A key of this realm by UUID or alias. NOT_FOUND also for another realm's. */
export async function requireKey(db: Knex, realm: RealmRow, key: string): Promise<KeyRow> {
  const by = isUuid(key) ? { id: key } : { alias: key }
  const row: KeyRow | undefined = await db('keys')
    .where({ ...by, realm: realm.id })
    .first()
  if (row) return row
  throw new PlatformError('NOT_FOUND', `The realm ${realm.name} has no key ${key}`)
}

/** The key that stands for the realm: its first that works, one with an alias before others. */
export async function firstKey(db: Knex, realm: string): Promise<KeyRow | null> {
  const rows: KeyRow[] = await db('keys')
    .where({ realm })
    .whereNull('revoked_at_ms')
    .orderBy('seq')
    .limit(100)
  return rows.find((row) => row.alias !== null) ?? rows[0] ?? null
}

async function requireFreeAlias(db: Knex, alias: string | null, key: string): Promise<void> {
  if (alias === null) return
  const taken = await db('keys').where({ alias }).whereNot({ id: key }).first()
  if (taken) throw new PlatformError('ALREADY_EXISTS', `The alias ${alias} is taken; choose another`)
}
