import type { Cell } from './cell.ts'

export interface SpareOptions {
  count: number
  start(): Promise<Cell>
  onReady(cell: Cell): void
  /** After a failed start; the next comes later and later. */
  onFailure(error: unknown, retryMs: number): void
}

const FIRST_RETRY_MS = 100
const LAST_RETRY_MS = 10_000
/** After the one that was taken is ready. Starting a process takes a core: the first answer of whoever took a spare goes before it. */
const REFILL_MS = 100

/** Cells started ahead, so that a cold realm does not wait for a process to boot. */
export class SpareCells {
  readonly #options: SpareOptions
  readonly #cells = new Set<Cell>()
  #starting = 0
  #failures = 0
  #retry: NodeJS.Timeout | null = null
  #refill: NodeJS.Timeout | null = null
  #closed = false

  constructor(options: SpareOptions) {
    this.#options = options
  }

  /** A cell that is nobody's: a ready spare, else one that is on its way, else a new one. */
  async take(): Promise<Cell> {
    const cells = [...this.#cells].filter((cell) => !cell.isEnding)
    const cell = cells.find(({ isReady }) => isReady) ?? cells[0]
    if (cell) this.#cells.delete(cell)
    const taken = cell ?? (await this.#options.start())
    this.#refillAfter(taken)
    return taken
  }

  /** Starts what is missing, in the background. */
  fill(): void {
    if (this.#closed || this.#retry) return
    while (this.#cells.size + this.#starting < this.#options.count) void this.#startOne()
  }

  /** Hears of every cell's end, its own or not. */
  ended(cell: Cell): void {
    if (this.#cells.delete(cell)) this.#failed(new Error('a spare cell ended'))
  }

  close(): void {
    this.#closed = true
    if (this.#retry) clearTimeout(this.#retry)
    if (this.#refill) clearTimeout(this.#refill)
  }

  #refillAfter(taken: Cell): void {
    const refill = (): void => {
      if (!this.#closed) this.#refill ??= setTimeout(() => this.#fillNow(), REFILL_MS)
    }
    taken.ready.then(refill, refill)
  }

  #fillNow(): void {
    this.#refill = null
    this.fill()
  }

  async #startOne(): Promise<void> {
    this.#starting += 1
    try {
      const cell = await this.#options.start()
      this.#cells.add(cell)
      this.#starting -= 1
      if (cell.isEnding) return this.ended(cell)
      // A cell that ends before it is ready is told by `ended`.
      await cell.ready.then(
        () => {
          this.#failures = 0
          this.#options.onReady(cell)
        },
        () => undefined,
      )
    } catch (error) {
      this.#starting -= 1
      this.#failed(error)
    }
  }

  #failed(error: unknown): void {
    if (this.#closed || this.#retry) return
    const retryMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures)
    this.#failures += 1
    this.#options.onFailure(error, retryMs)
    this.#retry = setTimeout(() => {
      this.#retry = null
      this.fill()
    }, retryMs)
  }
}
