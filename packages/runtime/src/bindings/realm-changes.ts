import { setTimeout as sleep } from 'node:timers/promises'
import type { ObjectStore } from '@openzimki/store/client'
import { isOwnClass } from './own-class.ts'
import type { RealmFiles } from './realm-files.ts'

/** What other cells of the realm do is seen by requests that come so much later. */
const BELIEVED_MS = 2_000
/** A request waits so long for the store to say; then what was known goes on. */
const MOST_WAIT_MS = 250

export interface RealmChangesOptions {
  realm: string
  objects: ObjectStore
  files: RealmFiles
}

/**
 * Classes and files of a realm that its program makes while it runs: in another isolate, which is known at once, or in another cell, for which
 * the store is asked when a request comes and the last look is long ago. Realms that nobody visits ask nothing.
 */
export class RealmChanges {
  readonly #options: RealmChangesOptions
  readonly #classes: string[] = []
  readonly #known = new Set<string>()
  #lookedMs = performance.now()
  #isLooking = false

  constructor(options: RealmChangesOptions) {
    this.#options = options
  }

  /** The program's own classes, in the order in which they were heard of; nothing is ever taken out. */
  get classes(): readonly string[] {
    return this.#classes
  }

  heard(classNames: readonly string[]): void {
    for (const name of classNames) {
      if (this.#known.has(name) || !isOwnClass(name)) continue
      this.#known.add(name)
      this.#classes.push(name)
    }
  }

  /** To be awaited before a request is answered; null: what is known is believed. Never rejects. */
  due(nowMs: number): Promise<void> | null {
    if (this.#isLooking || nowMs - this.#lookedMs < BELIEVED_MS) return null
    this.#lookedMs = nowMs
    return Promise.race([this.#look(), sleep(MOST_WAIT_MS, undefined, { ref: false })])
  }

  async #look(): Promise<void> {
    const { realm, objects, files } = this.#options
    this.#isLooking = true
    try {
      const classNames = await objects.listClasses(realm)
      this.heard(classNames)
      await files.load(classNames)
    } catch {
      // What was known goes on. That the store does not answer is said to the requests that need it.
    } finally {
      this.#isLooking = false
    }
  }
}
