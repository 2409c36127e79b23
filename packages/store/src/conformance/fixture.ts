import { randomUUID } from 'node:crypto'
import type { Json, ManualClock } from '@openzimki/core'
import type { BatchResult, ObjectStore, Operation, Query, Terms } from '../contract.ts'

/** What a driver gives the kit: a store that is empty, on this clock. */
export interface ObjectStoreHarness {
  open(clock: ManualClock): Promise<OpenedForKit>
}

export interface OpenedForKit {
  objects: ObjectStore
  /** Closes and opens again what lasts; not there where nothing lasts. */
  reopen?(): Promise<ObjectStore>
  /** Frees everything, files too. */
  dispose(): Promise<void>
}

export type Data = { [property: string]: Json }

/** One realm of one store, with short words for what tests do most. */
export class Fixture {
  readonly clock: ManualClock
  readonly realm = randomUUID()
  readonly opened: OpenedForKit
  objects: ObjectStore

  constructor(opened: OpenedForKit, clock: ManualClock) {
    this.opened = opened
    this.objects = opened.objects
    this.clock = clock
  }

  batch(...operations: Operation[]): Promise<BatchResult> {
    return this.objects.batch(this.realm, 1, operations)
  }

  async createClass(className = 'Page'): Promise<void> {
    await this.batch({ op: 'createClass', className })
  }

  /** Stores one object, a millisecond after the last, and gives its id. */
  async put(
    data: Data,
    options: { id?: string; className?: string; expiresAtMs?: number; ifVersion?: number } = {},
  ) {
    const { id = randomUUID(), className = 'Page', ...rest } = options
    this.clock.advance(1)
    await this.batch({ op: 'put', className, id, data, ...rest })
    return id
  }

  /** Stores objects with `n` as their name, in this order, in a class of that name. */
  async putAll(rows: Data[], className = 'Page'): Promise<void> {
    await this.createClass(className)
    for (const [index, row] of rows.entries()) await this.put({ n: index, ...row }, { className })
  }

  /** The names `n` of what a search finds, in order. */
  async find(query: Query, className = 'Page'): Promise<Json[]> {
    const found = await this.objects.search(this.realm, className, query)
    return found.map((object) => object.data.n ?? null)
  }

  /** The names `n` of what terms find, whatever the order; and says the same by `count`. */
  async match(terms: Terms, className = 'Page'): Promise<Json[]> {
    const names = await this.find({ terms }, className)
    const counted = await this.objects.count(this.realm, className, terms)
    if (counted !== names.length) throw new Error(`search finds ${names.length}, count says ${counted}`)
    return names.sort((a, b) => Number(a) - Number(b))
  }
}
