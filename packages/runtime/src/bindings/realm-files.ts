import { randomUUIDv7 } from 'node:crypto'
import type { Artifact, Json } from '@openzimki/core'
import { PlatformError } from '@openzimki/core'
import type { BlobStore, ObjectStore, StoredObject } from '@openzimki/store/client'

const FILE_CLASS = 'zimki_file'

/** A file as the realm sees it: deployed with it, or created by its program. */
export interface RealmFile {
  path: string
  mimetype: string
  digest: string
  size: number
  published: boolean
  /** Path at which it is served; null when it is not. */
  publishedAs: string | null
  /** Id in the store; null for a deployed file. */
  id: string | null
}

/**
 * The files of a realm. What is published is held in memory, because every request asks for it first; a change made
 * through this cell is seen at once.
 */
export class RealmFiles {
  readonly #realm: string
  readonly #objects: ObjectStore
  readonly #blobs: BlobStore
  readonly #deployed = new Map<string, RealmFile>()
  readonly #created = new Map<string, RealmFile>()
  readonly #published = new Map<string, RealmFile>()

  constructor(realm: string, objects: ObjectStore, blobs: BlobStore) {
    this.#realm = realm
    this.#objects = objects
    this.#blobs = blobs
  }

  /** What programs have created so far, for `load`. `classes`: those of the realm; most have no files, and are not asked for them. */
  static async created(
    realm: string,
    objects: ObjectStore,
    classes: Promise<readonly string[]>,
  ): Promise<StoredObject[]> {
    return (await classes).includes(FILE_CLASS) ? objects.search(realm, FILE_CLASS, {}) : []
  }

  /** Before anything else is asked. */
  load(deployed: Artifact['files'], created: readonly StoredObject[]): void {
    for (const file of deployed)
      this.#deployed.set(file.path, { ...file, published: true, publishedAs: file.path, id: null })
    for (const object of created) this.#created.set(String(object.data.path), fromStored(object))
    this.#index()
  }

  /** What is served at a path, without leading slash. */
  published(path: string): RealmFile | null {
    return this.#published.get(path) ?? null
  }

  get(path: string): RealmFile | null {
    const name = normal(path)
    return this.#created.get(name) ?? this.#deployed.get(name) ?? null
  }

  /** In order of path. */
  list(): RealmFile[] {
    const all = new Map([...this.#deployed, ...this.#created])
    return [...all.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
  }

  async create(path: string, mimetype: string, content: Uint8Array): Promise<RealmFile> {
    const name = checked(path)
    const { digest, size } = await this.#blobs.put(oneChunk(content))
    const before = this.#created.get(name)
    const id = before?.id ?? randomUUIDv7()
    const publishedAs = before?.publishedAs ?? null
    return this.#store({
      path: name,
      mimetype,
      digest,
      size,
      published: publishedAs !== null,
      publishedAs,
      id,
    })
  }

  /** Serves a created file at `as`. A deployed file is served at its own path already. */
  async publish(path: string, as: string): Promise<RealmFile> {
    const file = this.#own(path)
    return this.#store({ ...file, published: true, publishedAs: checked(as) })
  }

  async unpublish(path: string): Promise<RealmFile> {
    return this.#store({ ...this.#own(path), published: false, publishedAs: null })
  }

  async delete(path: string): Promise<void> {
    const file = this.#own(path)
    await this.#objects.batch(this.#realm, 0, [{ op: 'delete', className: FILE_CLASS, id: file.id! }])
    this.#created.delete(file.path)
    this.#index()
  }

  content(file: RealmFile, range?: { start?: number; end?: number }): Promise<AsyncIterable<Uint8Array>> {
    return this.#blobs.get(file.digest, range)
  }

  #own(path: string): RealmFile {
    const file = this.get(path)
    if (!file) throw new PlatformError('NOT_FOUND', `there is no file "${path}" in this realm`)
    if (file.id === null)
      throw new PlatformError(
        'PERMISSION_DENIED',
        `"${path}" belongs to the deployment: change it by deploying again`,
      )
    return file
  }

  async #store(file: RealmFile): Promise<RealmFile> {
    const { id, path, mimetype, digest, size, publishedAs } = file
    await this.#objects.batch(this.#realm, 0, [
      { op: 'createClass', className: FILE_CLASS, ifMissing: true },
      { op: 'put', className: FILE_CLASS, id: id!, data: { path, mimetype, digest, size, publishedAs } },
    ])
    this.#created.set(path, file)
    this.#index()
    return file
  }

  #index(): void {
    this.#published.clear()
    for (const file of [...this.#deployed.values(), ...this.#created.values()])
      if (file.publishedAs !== null) this.#published.set(file.publishedAs, file)
  }
}

function fromStored({ id, data }: StoredObject): RealmFile {
  const { path, mimetype, digest, size, publishedAs } = data as { [property: string]: Json }
  const served = typeof publishedAs === 'string' ? publishedAs : null
  return {
    id,
    path: String(path),
    mimetype: String(mimetype),
    digest: String(digest),
    size: Number(size),
    published: served !== null,
    publishedAs: served,
  }
}

function normal(path: string): string {
  return path.replace(/^\/+/, '')
}

function checked(path: string): string {
  const name = normal(path)
  const parts = name.split('/')
  const bad =
    name === '' || name.length > 1024 || parts.some((part) => part === '' || part === '.' || part === '..')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (bad || /[\u0000-\u001f\\]/.test(name))
    throw new PlatformError(
      'INVALID_ARGUMENT',
      `"${path}" cannot be the path of a file: no empty parts, "." or ".."`,
    )
  return name
}

async function* oneChunk(content: Uint8Array): AsyncIterable<Uint8Array> {
  if (content.byteLength > 0) yield content
}
