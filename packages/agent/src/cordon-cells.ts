import { PlatformError } from '@openzimki/core'
import type { Cell } from './cell.ts'

export interface CordonCellsOptions {
  /** A cell that is nobody's. */
  take(): Promise<Cell>
  maxCells: number
}

/** A cordon has one home, and one more for each group that quarantine parted from it. */
interface Home {
  cordon: string
  group: string
  coming: Promise<Cell>
  /** Null until it came. */
  cell: Cell | null
  /** Loads under way: a home in use is not empty, whatever its cell holds. */
  users: number
}

/** Which cell serves which cordon. */
export class CordonCells {
  readonly #options: CordonCellsOptions
  readonly #homes = new Map<string, Home>()

  constructor(options: CordonCellsOptions) {
    this.#options = options
  }

  /** Works with the cell, taking one where there is none; concurrent calls share it. NO_CAPACITY, UNAVAILABLE. */
  async use<T>(cordon: string, group: string, work: (cell: Cell) => Promise<T>): Promise<T> {
    const home = this.#homeOf(cordon, group)
    home.users += 1
    try {
      return await work(await home.coming)
    } finally {
      home.users -= 1
    }
  }

  /** The cells that a cordon has now. */
  cellsOf(cordon: string): Cell[] {
    return [...this.#homes.values()].flatMap(({ cordon: whose, cell }) =>
      whose === cordon && cell ? [cell] : [],
    )
  }

  /** Cells of a cordon that hold nothing and are not in use; they are forgotten. */
  takeEmpty(cordon: string): Cell[] {
    const empty = [...this.#homes.values()].flatMap(({ cordon: whose, users, cell }) =>
      whose === cordon && users === 0 && cell?.loads.size === 0 ? [cell] : [],
    )
    for (const cell of empty) this.forget(cell)
    return empty
  }

  /** The next call for its cordon takes another cell. */
  forget(cell: Cell): void {
    for (const [key, home] of this.#homes) if (home.cell === cell) this.#homes.delete(key)
  }

  #homeOf(cordon: string, group: string): Home {
    const key = JSON.stringify([cordon, group])
    const there = this.#homes.get(key)
    if (there && !there.cell?.isEnding) return there
    if (!there && this.#homes.size >= this.#options.maxCells) throw this.#full()
    const home: Home = { cordon, group, coming: this.#options.take(), cell: null, users: 0 }
    this.#homes.set(key, home)
    home.coming.then(
      (cell) => {
        home.cell = cell
        cell.cordon = cordon
      },
      () => {
        if (this.#homes.get(key) === home) this.#homes.delete(key)
      },
    )
    return home
  }

  #full(): PlatformError {
    return new PlatformError(
      'NO_CAPACITY',
      `this machine runs ${this.#options.maxCells} cells already: unload something, add a machine, or raise maxCells`,
    )
  }
}
