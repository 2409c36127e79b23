import { PlatformError } from '@openzimki/core'
import { choose, type RouteRealm, type RouteSource } from '@openzimki/placement'
import type { CellConnection, CellConnections } from './cell-connections.ts'

/** A cell that can be asked now, and the realm as the routes have it now. */
export interface FoundCell {
  cell: CellConnection
  realm: RouteRealm
}

/** Finds a cell for a realm: a warm one at once, or one that is demanded. */
export class CellFinder {
  readonly #routes: RouteSource
  readonly #cells: CellConnections
  readonly #rerouteMs: number
  readonly #waiting = new Set<() => void>()

  constructor(routes: RouteSource, cells: CellConnections, rerouteMs: number) {
    this.#routes = routes
    this.#cells = cells
    this.#rerouteMs = rerouteMs
  }

  /** The least busy warm cell that a link is open to. Null: `find` it. */
  warm(realm: RouteRealm): CellConnection | null {
    const cell = choose(realm.cells, this.#cells.inFlight)
    return cell === null ? null : this.#cells.ready(cell)
  }

  /**
   * A cell that is connected, started where there is none. `failed` has just proved dead: it is passed by as soon as the routes
   * know another. A cell that cannot be reached is passed by once. Errors: NOT_FOUND (the realm is gone), those of `demand`,
   * UNAVAILABLE.
   */
  async find(realmId: string, failed: string | null): Promise<FoundCell> {
    const first = await this.#realm(realmId, failed)
    const chosen = choose(first.cells, this.#cells.inFlight)
    if (chosen === null) throw unavailable()
    try {
      return { cell: await this.#cells.open(chosen), realm: first }
    } catch (thrown) {
      if (failed !== null) throw thrown
    }
    return this.find(realmId, chosen.id)
  }

  /** The routes have changed. */
  routesChanged(): void {
    for (const wake of this.#waiting) wake()
  }

  /** The realm with the cells that are worth asking. */
  async #realm(realmId: string, failed: string | null): Promise<RouteRealm> {
    if (this.#alive(this.#current(realmId), failed).cells.length === 0) {
      if (this.#current(realmId).cells.length > 0) await this.#change()
      if (this.#current(realmId).cells.length === 0) await this.#routes.demand(realmId)
    }
    const now = this.#current(realmId)
    const alive = this.#alive(now, failed)
    return alive.cells.length > 0 ? alive : now
  }

  #current(realmId: string): RouteRealm {
    const realm = this.#routes.current().realms.get(realmId)
    if (realm === undefined) throw new PlatformError('NOT_FOUND', 'There is no application here any more.')
    return realm
  }

  #alive(realm: RouteRealm, failed: string | null): RouteRealm {
    if (failed === null) return realm
    return { ...realm, cells: realm.cells.filter(({ id }) => id !== failed) }
  }

  /** The next change of routes, or a while. */
  #change(): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer)
        this.#waiting.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, this.#rerouteMs)
      this.#waiting.add(wake)
    })
  }
}

const unavailable = (): PlatformError =>
  new PlatformError(
    'UNAVAILABLE',
    'The application is being started and is not there yet. Try again in a moment.',
  )
