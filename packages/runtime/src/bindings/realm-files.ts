import { createHash } from 'node:crypto'
import type { Artifact, Json } from '@openzimki/core'
import { namedId, PlatformError } from '@openzimki/core'
import type { BlobStore, ObjectStore, Operation, StoredObject } from '@openzimki/store/client'
import { missing } from './missing.ts'

const FILE_CLASS = 'zimki_file'
/** Has one object, stored with each change of the realm's files, so that its version tells other cells of it. */
const CHANGE_CLASS = 'zimki_file_change'
const CHANGE_ID = '00000000-0000-8000-8000-000000000001'

const MAX_FILE_IN_MEMORY_BYTES = 32 * 1024 * 1024

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
 * through this cell is seen at once, one made through another after `refresh`.
 */
export class RealmFiles {
  readonly #realm: string
  readonly #objects: ObjectStore
  readonly #blobs: BlobStore
  readonly #deployed = new Map<string, RealmFile>()
  readonly #created = new Map<string, RealmFile>()
  readonly #published = new Map<string, RealmFile>()
  /** Version of the change that is known here; 0 before the first, -1 before anything was read. */
  #change = -1
  /** Changes of this cell, begun and done. */
  #ownChanges = 0

  constructor(realm: string, objects: ObjectStore, blobs: BlobStore) {
    this.#realm = realm
    this.#objects = objects
    this.#blobs = blobs
  }

  /** Those of the deployment; before anything else is asked. */
  deploy(files: Artifact['files']): void {
    for (const file of files)
      this.#deployed.set(file.path, { ...file, published: true, publishedAs: file.path, id: null })
    this.#index()
  }

  /** Takes in what programs have created, here and in other cells. `classes`: those of the realm; most have no files, and are not asked for them. */
  async load(classes: readonly string[]): Promise<void> {
    if (!classes.includes(FILE_CLASS)) {
      this.#change = Math.max(this.#change, 0)
      return
    }
    const own = this.#ownChanges
    const change = await this.#stored()
    if (change === this.#change) return
    const created = await this.#objects.search(this.#realm, FILE_CLASS, {})
    // What this cell did meanwhile may not be among it; the next look finds it.
    if (own === this.#ownChanges) this.#take(change, created)
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
    const id = before?.id ?? fileId(name)
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
    const file = this.#madeByProgram(path)
    return this.#store({ ...file, published: true, publishedAs: checked(as) })
  }

  async unpublish(path: string): Promise<RealmFile> {
    return this.#store({ ...this.#madeByProgram(path), published: false, publishedAs: null })
  }

  async delete(path: string): Promise<void> {
    const file = this.#madeByProgram(path)
    await this.#write({ op: 'delete', className: FILE_CLASS, id: file.id! })
    this.#created.delete(file.path)
    this.#index()
  }

  content(file: RealmFile, range?: { start?: number; end?: number }): Promise<AsyncIterable<Uint8Array>> {
    return this.#blobs.get(file.digest, range)
  }

  /** All of it, for a program that reads it. TOO_LARGE beyond 32 MiB: this memory is the cell's, and no limit of the realm counts it. */
  async whole(file: RealmFile): Promise<Buffer> {
    if (file.size > MAX_FILE_IN_MEMORY_BYTES)
      throw new PlatformError(
        'TOO_LARGE',
        `"${file.path}" has ${file.size} bytes, and a program can read ${MAX_FILE_IN_MEMORY_BYTES}: publish it instead of reading it`,
      )
    const parts: Uint8Array[] = []
    for await (const chunk of await this.content(file)) parts.push(chunk)
    return Buffer.concat(parts)
  }

  #madeByProgram(path: string): RealmFile {
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
    const data = { path, mimetype, digest, size, publishedAs }
    await this.#write({ op: 'put', className: FILE_CLASS, id: id!, data })
    this.#created.set(path, file)
    this.#index()
    return file
  }

  async #write(operation: Operation): Promise<void> {
    this.#ownChanges += 1
    const { results } = await this.#objects.batch(this.#realm, 0, [
      { op: 'createClass', className: FILE_CLASS, ifMissing: true },
      { op: 'createClass', className: CHANGE_CLASS, ifMissing: true },
      operation,
      { op: 'put', className: CHANGE_CLASS, id: CHANGE_ID, data: {} },
    ])
    this.#ownChanges += 1
    // Else another cell has changed something in between, which is yet to be read.
    const version = results.at(-1)?.version
    if (version === this.#change + 1) this.#change = version
  }

  async #stored(): Promise<number> {
    const change = await this.#objects.get(this.#realm, CHANGE_CLASS, CHANGE_ID).catch(missing)
    return change?.version ?? 0
  }

  #take(change: number, created: readonly StoredObject[]): void {
    this.#change = change
    this.#created.clear()
    for (const object of created) this.#created.set(String(object.data.path), fromStored(object))
    this.#index()
  }

  #index(): void {
    this.#published.clear()
    for (const file of [...this.#deployed.values(), ...this.#created.values()])
      if (file.publishedAs !== null) this.#published.set(file.publishedAs, file)
  }
}

/** It follows from the path, so that two cells cannot make two files of one path. */
const fileId = (path: string): string =>
  namedId(createHash('sha256').update(`${FILE_CLASS}:${path}`).digest('hex'))

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
