import { PlatformError } from '@openzimki/core'
import type { Cell } from './cell.ts'

export interface CordonCellsOptions {
  take(): Promise<Cell>
  maxCells: number
}

/** Which cell serves which cordon. A cordon has one cell, and one more for each group that quarantine parted from it. */
export class CordonCells {
  readonly #options: CordonCellsOptions
  readonly #homes = new Map<
    string,
    { cordon: string; group: string; cell: Cell | null; coming: Promise<Cell> }
  >()

  constructor(options: CordonCellsOptions) {
    this.#options = options
  }

  /** The cell, taken from the spares where there is none. Concurrent calls share it. NO_CAPACITY, UNAVAILABLE. */
  cellOf(cordon: string, group: string): Promise<Cell> {
    const key = JSON.stringify([cordon, group])
    const there = this.#homes.get(key)
    if (there && !there.cell?.isEnding) return there.coming
    if (!there && this.#homes.size >= this.#options.maxCells) return Promise.reject(this.#full())
    const home = { cordon, group, cell: null as Cell | null, coming: this.#options.take() }
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
    return home.coming
  }

  /** The cells that a cordon has now. */
  of(cordon: string): { group: string; cell: Cell }[] {
    return [...this.#homes.values()].flatMap(({ cordon: whose, group, cell }) =>
      whose === cordon && cell ? [{ group, cell }] : [],
    )
  }

  /** The next call for its cordon takes another cell. */
  forget(cell: Cell): void {
    for (const [key, home] of this.#homes) if (home.cell === cell) this.#homes.delete(key)
  }

  #full(): PlatformError {
    return new PlatformError(
      'NO_CAPACITY',
      `this machine runs ${this.#options.maxCells} cells already: unload something, add a machine, or raise maxCells`,
    )
  }
}
