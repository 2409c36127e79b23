import { ask } from '../door.ts'
import type { HostDoor } from '../host-door.ts'

interface FileHead {
  path: string
  mimetype: string
  size: number
  published: boolean
}

/** A file of the realm (ZIMKI-API section 6). `content` is read when it is asked for; binary is a string of bytes. */
export class StoredFile {
  readonly #door: HostDoor
  path: string
  mimetype: string
  size: number
  published: boolean

  constructor(door: HostDoor, head: FileHead) {
    this.#door = door
    this.path = head.path
    this.mimetype = head.mimetype
    this.size = head.size
    this.published = head.published
  }

  get content(): string {
    return JSON.parse(
      this.#door.callSync('file.content', JSON.stringify({ path: this.path })).payload,
    ) as string
  }

  publish(path?: unknown): this {
    return this.#become(
      ask(this.#door, 'file.publish', { path: this.path, as: path === undefined ? this.path : String(path) }),
    )
  }

  unpublish(): this {
    return this.#become(ask(this.#door, 'file.unpublish', { path: this.path }))
  }

  deleteInstance(): void {
    ask(this.#door, 'file.delete', { path: this.path })
  }

  toString(): string {
    return this.path
  }

  #become(head: unknown): this {
    Object.assign(this, head)
    return this
  }
}

/** `zimki.file`. */
export function fileApi(door: HostDoor): object {
  const wrap = (head: unknown): StoredFile | null =>
    head === null ? null : new StoredFile(door, head as FileHead)
  return {
    get: (path: unknown) => wrap(ask(door, 'file.get', { path: String(path) })),
    create: (file: { path?: unknown; content?: unknown; mimetype?: unknown } = {}) => {
      if (file.path === undefined) throw new TypeError('zimki.file.create: path is missing')
      const content = file.content === undefined || file.content === null ? '' : String(file.content)
      const params = {
        path: String(file.path),
        mimetype: file.mimetype === undefined ? null : String(file.mimetype),
      }
      const answer = door.callSync('file.create', JSON.stringify(params), content)
      return wrap(JSON.parse(answer.payload))
    },
    search: (options: unknown) => (ask(door, 'file.search', options ?? {}) as unknown[]).map(wrap),
  }
}
