import { type Artifact, PlatformError } from '@openzimki/core'
import {
  type BlobStore,
  type ObjectStore,
  type Operation,
  SHARED_CLASS,
  SHARED_REALM,
  sharedId,
} from '@openzimki/store'
import type { Knex } from 'knex'
import type { RealmRow } from '../database/rows.ts'
import { KeyedQueue } from '../keyed-queue.ts'
import { noClass } from '../users.ts'

/** Larger files are no libraries. Counted as JSON, the form in which they are kept. */
const MAX_SHARED_BYTES = 900 * 1024
/** Of all that one realm shares. */
const MAX_TOTAL_BYTES = 8 * 1024 * 1024
/** Few, because each may be as large as a shared file. */
const OBJECTS_AT_ONCE = 10

/** A text that other realms may require. */
export interface SharedText {
  file: string
  source: string
}

/** Keeps what realms share where every cell finds it (`zimki.library.require(realm, file)`), under each alias of the realm. */
export class SharedFiles {
  readonly #db: Knex
  readonly #objects: ObjectStore
  readonly #blobs: BlobStore
  readonly #queue = new KeyedQueue()

  constructor({ db, objects, blobs }: { db: Knex; objects: ObjectStore; blobs: BlobStore }) {
    this.#db = db
    this.#objects = objects
    this.#blobs = blobs
  }

  /** What the artifact shares, before anything goes live. SCRIPT_ERROR: a name that is not there. TOO_LARGE. */
  async read({
    shared,
    scripts,
    files,
  }: Pick<Artifact, 'shared' | 'scripts' | 'files'>): Promise<SharedText[]> {
    const texts: SharedText[] = []
    let total = 0
    for (const file of new Set(shared)) {
      const script = scripts.find((candidate) => candidate.name === file)
      const published = files.find((candidate) => candidate.path === file)
      if (!script && !published) {
        const message = `realm.json shares "${file}", which is no script and no file of the realm: correct "shared"`
        throw new PlatformError('SCRIPT_ERROR', message, { details: { file: 'realm.json' } })
      }
      if (published && published.size > MAX_SHARED_BYTES) throw tooLarge(file)
      const source = script?.source ?? (await this.#text(published?.digest ?? ''))
      const bytes = Buffer.byteLength(JSON.stringify(source))
      total += bytes
      if (bytes > MAX_SHARED_BYTES || total > MAX_TOTAL_BYTES) throw tooLarge(file)
      texts.push({ file, source })
    }
    return texts
  }

  /**
   * Brings what is shared in line with the realm's live deployment and its aliases; of a realm that is gone nothing stays. What
   * an earlier owner of an alias shared under it goes too. May be repeated.
   */
  async sync(realmId: string): Promise<void> {
    await this.#queue.run('all', async () => {
      const realm: RealmRow | undefined = await this.#db('realms').where({ id: realmId }).first()
      const aliases = await this.#aliases(realmId)
      const texts = realm?.deployment ? await this.read(await this.#artifact(realm.deployment)) : []
      const wanted = new Map(aliases.flatMap((alias) => texts.map((text) => entry(realmId, alias, text))))
      const there = await this.#entries({ realm: realmId })
      for (const alias of aliases) there.push(...(await this.#entries({ alias })))
      const gone = [...new Set(there)].filter((id) => !wanted.has(id))
      const removals = gone.map((id): Operation => ({ op: 'delete', className: SHARED_CLASS, id }))
      await this.#write([...removals, ...wanted.values()])
    })
  }

  async #aliases(realm: string): Promise<string[]> {
    const keys: { alias: string }[] = await this.#db('keys')
      .where({ realm })
      .whereNotNull('alias')
      .select('alias')
    return keys.map(({ alias }) => alias)
  }

  async #entries(terms: { realm: string } | { alias: string }): Promise<string[]> {
    const ids: string[] = []
    for (let page = 1; ; page++) {
      const query = { terms, page, perPage: OBJECTS_AT_ONCE }
      const found = (await this.#objects.search(SHARED_REALM, SHARED_CLASS, query).catch(noClass)) ?? []
      ids.push(...found.map((object) => object.id))
      if (found.length < OBJECTS_AT_ONCE) return ids
    }
  }

  async #write(operations: Operation[]): Promise<void> {
    for (let start = 0; start < operations.length; start += OBJECTS_AT_ONCE) {
      const some = operations.slice(start, start + OBJECTS_AT_ONCE)
      const makeClass: Operation = { op: 'createClass', className: SHARED_CLASS, ifMissing: true }
      await this.#objects.batch(SHARED_REALM, await this.#objects.epoch(SHARED_REALM), [makeClass, ...some])
    }
  }

  async #artifact(deployment: string): Promise<Artifact> {
    return JSON.parse(await this.#text(deployment)) as Artifact
  }

  async #text(digest: string): Promise<string> {
    const parts: Uint8Array[] = []
    for await (const chunk of await this.#blobs.get(digest)) parts.push(chunk)
    return Buffer.concat(parts).toString('utf8')
  }
}

function entry(realm: string, alias: string, { file, source }: SharedText): [string, Operation] {
  const id = sharedId(alias, file)
  return [id, { op: 'put', className: SHARED_CLASS, id, data: { realm, alias, file, source } }]
}

function tooLarge(file: string): PlatformError {
  const bounds = `${MAX_SHARED_BYTES} bytes at most, and ${MAX_TOTAL_BYTES} for all that a realm shares`
  return new PlatformError('TOO_LARGE', `"${file}" is too large to be shared: ${bounds}`)
}
