import type { RealmKind } from '@openzimki/core'
import { PlatformError } from '@openzimki/core'
import type ivm from 'isolated-vm'
import type { Contention } from '../engine/contention.ts'
import { IsolateHost } from '../engine/isolate-host.ts'

export interface IsolatePoolOptions {
  snapshots: Record<RealmKind, ivm.ExternalCopy<ArrayBuffer>>
  /** Isolates of each kind kept ready. */
  spares: number
  /** Memory limit of a spare; other sizes are made when asked for. */
  spareMemoryMb: number
  contention?: Contention
}

/** Making one takes a core: the first answer of whoever took a spare goes before it. */
const REFILL_MS = 100

/** Isolates started ahead, so that a cold realm costs loading and not booting. */
export class IsolatePool {
  readonly #options: IsolatePoolOptions
  readonly #spares: Record<RealmKind, IsolateHost[]> = { script: [], module: [] }
  #isFilling = false
  #closed = false

  constructor(options: IsolatePoolOptions) {
    this.#options = options
  }

  /** Makes the spares that are missing, one after the other; resolves at once when that is under way. */
  async fill(): Promise<void> {
    if (this.#isFilling) return
    this.#isFilling = true
    try {
      for (let kind = this.#lacking(); kind !== undefined; kind = this.#lacking())
        this.#spares[kind].push(await this.#make(kind, this.#options.spareMemoryMb))
    } finally {
      this.#isFilling = false
    }
  }

  async take(kind: RealmKind, memoryMb: number): Promise<IsolateHost> {
    const spare = memoryMb === this.#options.spareMemoryMb ? this.#spares[kind].pop() : undefined
    if (spare) setTimeout(() => void this.fill(), REFILL_MS).unref()
    return spare ?? (await this.#make(kind, memoryMb))
  }

  close(): void {
    this.#closed = true
    const reason = new PlatformError('UNAVAILABLE', 'the cell is ending')
    for (const spares of Object.values(this.#spares))
      for (const spare of spares.splice(0)) spare.dispose(reason)
  }

  #lacking(): RealmKind | undefined {
    if (this.#closed) return undefined
    return (['script', 'module'] as const).find((kind) => this.#spares[kind].length < this.#options.spares)
  }

  #make(kind: RealmKind, memoryMb: number): Promise<IsolateHost> {
    const { snapshots, contention } = this.#options
    return IsolateHost.create({ snapshot: snapshots[kind], memoryMb, ...(contention ? { contention } : {}) })
  }
}
