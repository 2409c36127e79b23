import { decodeValue, encodeValue, type Json } from '@openzimki/core'
import type { HostDoor } from '../host-door.ts'
import { expiryMs } from '../script-kind/expiry.ts'

interface Stored {
  id: string
  data: { [property: string]: Json }
  createdAt: string
  version: number
  expiresAtMs: number | null
}

interface Put extends Stored {
  /** Properties that were stored and cannot be read back. */
  unreadable?: string[]
}

/** A stored object as a module sees it: its properties, and what the platform knows of it. */
export interface Entity {
  readonly id: string
  readonly createdAt: string
  [property: string]: unknown
}

export interface SearchOptions {
  orderBy?: string | string[]
  page?: number
  perPage?: number
}

/** Asynchronous form of a class of the realm. The class is made at its first `create`. */
export class ModuleClass {
  readonly #door: HostDoor
  readonly #name: string

  constructor(door: HostDoor, name: string) {
    this.#door = door
    this.#name = name
  }

  /** Stores a new object. `expires` as in the script kind, e.g. "+10m". */
  create(properties: object = {}): Promise<Entity> {
    return this.#put(null, properties)
  }

  /** Stores the object's properties as they are now. */
  save(entity: Entity): Promise<Entity> {
    return this.#put(entity.id, entity)
  }

  /** By id, or the first that matches the terms; null when there is none. */
  async get(idOrTerms: string | object): Promise<Entity | null> {
    if (typeof idOrTerms === 'object')
      return (await this.search(idOrTerms, { page: 1, perPage: 1 }))[0] ?? null
    const stored = (await this.#ask('store.get', { id: idOrTerms })) as Stored | null
    return stored && toEntity(stored)
  }

  async search(terms: object = {}, options: SearchOptions = {}): Promise<Entity[]> {
    const { orderBy, page, perPage } = options
    const order = orderBy === undefined ? undefined : [orderBy].flat()
    const query = {
      terms: encodeValue({ ...terms }),
      orderBy: order,
      page: page ?? (perPage ? 1 : undefined),
      perPage,
    }
    return ((await this.#ask('store.search', { query })) as Stored[]).map(toEntity)
  }

  async count(terms: object = {}): Promise<number> {
    return (await this.#ask('store.count', { terms: encodeValue({ ...terms }) })) as number
  }

  /** No error when it is gone already. */
  async delete(entityOrId: Entity | string): Promise<void> {
    await this.#ask('store.delete', { id: typeof entityOrId === 'string' ? entityOrId : entityOrId.id })
  }

  async #put(id: string | null, properties: object): Promise<Entity> {
    const { id: _, createdAt: __, expires, ...data } = { ...properties } as Record<string, unknown>
    const expiresAtMs = expiryMs(expires, Date.now())
    const encoded = encodeValue(data) as { [property: string]: Json }
    const put = (await this.#ask('store.put', { id, data: encoded, expiresAtMs })) as Put
    const { unreadable = [], ...head } = put
    for (const name of unreadable) delete encoded[name]
    return toEntity({ ...head, data: encoded, expiresAtMs })
  }

  async #ask(operation: string, params: object): Promise<unknown> {
    const answer = await this.#door.call(
      operation,
      JSON.stringify({ className: this.#name, makeClass: true, ...params }),
    )
    return JSON.parse(answer.payload)
  }
}

function toEntity({ id, createdAt, data, expiresAtMs }: Stored): Entity {
  const expires = expiresAtMs === null ? {} : { expires: new Date(expiresAtMs).toISOString() }
  return { ...(decodeValue(data) as object), ...expires, id, createdAt }
}

/** `env.zimki.classes.<Name>`: every name is a class, found or made when it is used. */
export function classesOf(door: HostDoor): object {
  const known = new Map<string, ModuleClass>()
  return new Proxy(Object.freeze({}), {
    get: (_, name) => {
      if (typeof name !== 'string' || name === 'then') return undefined
      const found = known.get(name) ?? new ModuleClass(door, name)
      known.set(name, found)
      return found
    },
  })
}
