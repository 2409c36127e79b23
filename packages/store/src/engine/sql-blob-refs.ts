import { isDigest, PlatformError } from '@openzimki/core'
import type { BlobRef, BlobRefs } from '../blob-refs.ts'
import type { Database } from '../sql/database.ts'
import { all, one, run, type Task } from '../sql/task.ts'
import { findRealm, openRealm } from './catalogue.ts'
import { checkRealm } from './prepare-batch.ts'

const MAX_LIST = 1_000

export class SqlBlobRefs implements BlobRefs {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async add(realm: string, digest: string, size: number): Promise<void> {
    check(realm, digest)
    if (!Number.isSafeInteger(size) || size < 0)
      throw new PlatformError('INVALID_ARGUMENT', 'a size is whole bytes')
    await this.#database.write(realm, () => add(realm, digest, size))
  }

  async has(realm: string, digest: string): Promise<boolean> {
    check(realm, digest)
    return (await this.#database.read(realm, () => find(realm, digest))) !== undefined
  }

  async remove(realm: string, digest: string): Promise<void> {
    check(realm, digest)
    await this.#database.write(realm, () => remove(realm, digest))
  }

  async list(realm: string, options: { after?: string; limit?: number } = {}): Promise<BlobRef[]> {
    checkRealm(realm)
    const limit = Math.min(options.limit ?? MAX_LIST, MAX_LIST)
    return this.#database.read(realm, () =>
      all<BlobRef>(
        `select b.digest, b.size from realms r join blob_refs b on b.realm_id = r.id
          where r.name = ? and b.digest > ? order by b.digest limit ?`,
        realm,
        options.after ?? '',
        limit,
      ),
    )
  }

  async bytes(realm: string): Promise<number> {
    checkRealm(realm)
    return (await this.#database.read(realm, () => findRealm(realm)))?.blob_bytes ?? 0
  }

  async isHeld(digest: string): Promise<boolean> {
    const found = await this.#database.read('', () =>
      one('select 1 as n from blob_refs where digest = ? limit 1', digest),
    )
    return found !== undefined
  }
}

function check(realm: string, digest: string): void {
  checkRealm(realm)
  if (typeof digest !== 'string' || !isDigest(digest)) {
    throw new PlatformError('INVALID_ARGUMENT', 'a blob is named by its SHA-256 in lower-case hex')
  }
}

const find = (realm: string, digest: string): Task<{ realm_id: number; size: number } | undefined> =>
  one(
    `select b.realm_id, b.size from realms r join blob_refs b on b.realm_id = r.id where r.name = ? and b.digest = ?`,
    realm,
    digest,
  )

function* add(realm: string, digest: string, size: number): Task<void> {
  const row = yield* openRealm(realm)
  if (yield* find(realm, digest)) return
  yield* run('insert into blob_refs (realm_id, digest, size) values (?, ?, ?)', row.id, digest, size)
  yield* run('update realms set blob_bytes = blob_bytes + ? where id = ?', size, row.id)
}

function* remove(realm: string, digest: string): Task<void> {
  const known = yield* find(realm, digest)
  if (!known) return
  yield* run('delete from blob_refs where realm_id = ? and digest = ?', known.realm_id, digest)
  yield* run('update realms set blob_bytes = blob_bytes - ? where id = ?', known.size, known.realm_id)
}
