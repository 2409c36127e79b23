import { type CellLoad, PlatformError } from '@openzimki/core'

export interface DeploymentRef {
  realm: string
  deployment: string
}

/** Names a deployment within a cell. */
export const loadKey = ({ realm, deployment }: DeploymentRef): string => `${realm}/${deployment}`

/** The inverse; neither part has a slash (agent-handlers.ts). */
export function parseLoadKey(key: string): DeploymentRef {
  const slash = key.indexOf('/')
  return { realm: key.slice(0, slash), deployment: key.slice(slash + 1) }
}

/** One deployment in a cell, from the first message about it. */
export class LoadEntry {
  readonly id: number
  load: CellLoad
  /** Resolves to the milliseconds that loading took. */
  readonly done: Promise<number>
  readonly #gate = Promise.withResolvers<number>()
  #settled = false

  constructor(id: number, load: CellLoad) {
    this.id = id
    this.load = load
    this.done = this.#gate.promise
    // Whoever asked for it awaits it; without anyone left, its failure is of no interest.
    this.done.catch(() => undefined)
  }

  get isLoading(): boolean {
    return !this.#settled
  }

  succeed(ms: number): void {
    this.#settled = true
    this.#gate.resolve(ms)
  }

  fail(error: PlatformError): void {
    this.#settled = true
    this.#gate.reject(error)
  }
}

/** What a cell holds and ever held: whatever it says of anything else is a lie. */
export class LoadTable {
  readonly #entries = new Map<string, LoadEntry>()
  /** Account of each deployment that was ever given to this cell: its last usage may come after its unloading. */
  readonly #accounts = new Map<string, string>()
  #lastId = 0

  get size(): number {
    return this.#entries.size
  }

  all(): LoadEntry[] {
    return [...this.#entries.values()]
  }

  find(ref: DeploymentRef): LoadEntry | undefined {
    return this.#entries.get(loadKey(ref))
  }

  add(load: CellLoad): LoadEntry {
    this.#lastId += 1
    const entry = new LoadEntry(this.#lastId, load)
    this.#entries.set(loadKey(load), entry)
    this.#accounts.set(loadKey(load), load.account)
    return entry
  }

  /** False: it was not there. */
  remove(ref: DeploymentRef): boolean {
    const entry = this.find(ref)
    if (!entry) return false
    this.#entries.delete(loadKey(ref))
    if (entry.isLoading)
      entry.fail(new PlatformError('CANCELLED', 'it was unloaded while it was being loaded'))
    return true
  }

  /** False: it was not there. */
  renew(ref: DeploymentRef, capability: string): boolean {
    const entry = this.find(ref)
    if (entry) entry.load = { ...entry.load, capability }
    return entry !== undefined
  }

  /** The cell has loaded it. PROTOCOL when no load ever had this id; no effect when it is no longer wanted. */
  succeed(id: number, ms: number): void {
    this.#awaited(id)?.succeed(ms)
  }

  /** The cell could not load it. As `succeed`. */
  fail(id: number, error: PlatformError): void {
    const entry = this.#awaited(id)
    if (!entry) return
    this.#entries.delete(loadKey(entry.load))
    entry.fail(error)
  }

  #awaited(id: number): LoadEntry | undefined {
    if (id > this.#lastId || id < 1)
      throw new PlatformError('PROTOCOL', 'it answers a load that was never asked')
    return this.all().find((entry) => entry.id === id && entry.isLoading)
  }

  /** PROTOCOL when one of these is of a deployment, or charges an account, that this cell never had. */
  requireKnown(items: readonly (DeploymentRef & { account?: string })[]): void {
    for (const item of items) {
      const account = this.#accounts.get(loadKey(item))
      if (account !== undefined && (item.account === undefined || item.account === account)) continue
      throw new PlatformError('PROTOCOL', 'it speaks for a realm or an account that it never had')
    }
  }
}
