import { decodeValue, encodeValue, type Json } from '@openzimki/core'
import { ask } from '../door.ts'
import type { HostDoor } from '../host-door.ts'
import { expiryMs } from './expiry.ts'

/** A stored object as the host sends it (store/src/contract.ts). */
export interface Stored {
  id: string
  data: { [property: string]: Json }
  createdAt: string
  version: number
  expiresAtMs: number | null
}

interface Head {
  id: string
  createdAt: string
  /** Properties that were stored and cannot be read back. */
  unreadable?: string[]
}

/** What a class of the realm offers to its program (ZIMKI-API section 3). */
export interface PersistClass {
  new (): object
  prototype: object
  create(properties?: object): object
  get(idOrTerms: unknown): object | null
  search(terms?: unknown, options?: unknown): object[]
}

/** Properties that the platform owns; they are never part of an object's data. */
const OWNED = new Set(['id', 'creation_date', 'expires'])

/** Makes and remembers the class globals of a realm. */
export class Persist {
  readonly #door: HostDoor
  readonly #global: object
  readonly #classes = new Map<string, PersistClass>()

  constructor(door: HostDoor, global: object) {
    this.#door = door
    this.#global = global
  }

  /** Gives the program a global for a class that the store has. */
  define(name: string): PersistClass {
    const known = this.#classes.get(name)
    if (known) return known
    const made = makeClass(this.#door, name)
    this.#classes.set(name, made)
    const global = { value: made, writable: true, configurable: true, enumerable: true }
    // The program's own variable of that name cannot be defined anew: `var Page = zimki.persist.create("Page")`.
    if (!Reflect.defineProperty(this.#global, name, global)) Reflect.set(this.#global, name, made)
    return made
  }

  /** The same for a class that another isolate or cell has made; a global of the program's own stays. */
  discover(name: string): void {
    if (Reflect.get(this.#global, name) === undefined) this.define(name)
  }

  /** `zimki.persist.create(name)`: throws when the class exists, which then has its global all the same. */
  create(name: unknown): PersistClass {
    const className = String(name)
    try {
      ask(this.#door, 'store.createClass', { className })
    } catch (error) {
      if ((error as Error).name === 'ALREADY_EXISTS') this.discover(className)
      throw error
    }
    return this.define(className)
  }
}

/** A class backed by the host's store operations of the same class name. */
export function makeClass(door: HostDoor, className: string): PersistClass {
  const heads = new WeakMap<object, Head>()
  const persisted = { [className]: class {} }[className] as unknown as PersistClass

  const adopt = (stored: Stored): object => {
    const object = new persisted()
    for (const [key, value] of Object.entries(decodeValue(stored.data) as object)) setOwn(object, key, value)
    setHead(object, stored)
    if (stored.expiresAtMs !== null) setOwn(object, 'expires', new Date(stored.expiresAtMs).toISOString())
    return object
  }
  const setHead = (object: object, head: Head): void => {
    heads.set(object, head)
    setFixed(object, 'id', head.id)
    setFixed(object, 'creation_date', head.createdAt)
  }

  hide(persisted.prototype, 'save', function save(this: object) {
    const head = heads.get(this)
    const stored = ask(door, 'store.put', { className, id: head?.id ?? null, ...dataOf(this) }) as Head
    for (const name of stored.unreadable ?? []) Reflect.deleteProperty(this, name)
    setHead(this, stored)
    return this
  })
  hide(persisted.prototype, 'deleteInstance', function deleteInstance(this: object) {
    const head = heads.get(this)
    if (!head) throw new Error(`deleteInstance: this ${className} was never saved`)
    ask(door, 'store.delete', { className, id: head.id })
  })
  hide(persisted.prototype, 'toString', function asText(this: object) {
    return heads.get(this)?.id ?? `[${className}]`
  })

  hide(persisted, 'create', (properties?: object) => {
    const object = new persisted() as { save(): void }
    if (properties === undefined) return object
    for (const [key, value] of Object.entries(properties)) setOwn(object, key, value)
    Reflect.apply((persisted.prototype as { save(): void }).save, object, [])
    return object
  })
  hide(persisted, 'get', (idOrTerms: unknown) => {
    const stored =
      idOrTerms !== null && typeof idOrTerms === 'object'
        ? (
            ask(door, 'store.search', {
              className,
              query: { terms: termsOf(idOrTerms), page: 1, perPage: 1 },
            }) as Stored[]
          )[0]
        : (ask(door, 'store.get', { className, id: String(idOrTerms) }) as Stored | null)
    return stored ? adopt(stored) : null
  })
  hide(persisted, 'search', (terms?: unknown, options?: unknown) => {
    const found = ask(door, 'store.search', {
      className,
      query: { terms: termsOf(terms ?? {}), ...optionsOf(options) },
    })
    return (found as Stored[]).map(adopt)
  })
  return persisted
}

/** An object's own properties as the store takes them. */
export function dataOf(object: object): { data: Json; expiresAtMs: number | null } {
  const data: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(object)) {
    if (OWNED.has(key)) continue
    Object.defineProperty(data, key, { value, enumerable: true, configurable: true, writable: true })
  }
  return {
    data: encodeValue(data),
    expiresAtMs: expiryMs((object as { expires?: unknown }).expires, Date.now()),
  }
}

function termsOf(terms: unknown): Json {
  if (terms === null || typeof terms !== 'object')
    throw new TypeError(`search terms must be an object, got ${typeof terms}`)
  return encodeValue({ ...terms })
}

/** Both spellings of 2006 are understood: order_by and orderby, per_page and perpage. */
function optionsOf(options: unknown): { orderBy?: string[]; page?: number; perPage?: number } {
  if (options === undefined || options === null) return {}
  const given = options as Record<string, unknown>
  const order = given.order_by ?? given.orderby
  const perPage = given.per_page ?? given.perpage
  const page = given.page
  return {
    ...(order === undefined ? {} : { orderBy: (Array.isArray(order) ? order : [order]).map(String) }),
    ...(perPage === undefined ? {} : { perPage: whole(perPage, 'per_page') }),
    ...(page === undefined ? {} : { page: whole(page, 'page'), perPage: whole(perPage ?? 20, 'per_page') }),
  }
}

function whole(value: unknown, name: string): number {
  const number = Number(value)
  if (Number.isInteger(number) && number > 0) return number
  throw new RangeError(`${name} must be a whole number from 1, got ${String(value)}`)
}

export function setOwn(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
}

function setFixed(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: false })
}

/** Methods are found but not enumerated: programs loop over objects with for...in. */
export function hide(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: false, configurable: true, writable: true })
}
