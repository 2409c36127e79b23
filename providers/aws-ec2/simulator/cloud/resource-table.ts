import { Ec2Error } from '../protocol/ec2-error.ts'
import type { Resource, ResourceKind } from './resource.ts'

/** How long a new resource is not seen yet: for so many looks, and until then. */
export interface Veil {
  looks: number
  untilMs: number
}

/**
 * All resources of one kind. Looking by id or at all of them sees what the API would show: what is veiled (new, and the service
 * is eventually consistent) is not there yet. `own` is for the simulator itself, which sees everything.
 */
export class ResourceTable<T extends Resource> {
  readonly kind: ResourceKind
  readonly #nowMs: () => number
  readonly #all = new Map<string, T>()
  readonly #veils = new Map<string, Veil>()

  constructor(kind: ResourceKind, nowMs: () => number) {
    this.kind = kind
    this.#nowMs = nowMs
  }

  add(resource: T): T {
    this.#all.set(resource.id, resource)
    return resource
  }

  veil(id: string, veil: Veil): void {
    this.#veils.set(id, { ...veil })
  }

  own(id: string): T | undefined {
    return this.#all.get(id)
  }

  get size(): number {
    return this.#all.size
  }

  every(): T[] {
    return [...this.#all.values()]
  }

  /** All that the API shows. */
  seen(): T[] {
    return this.every().filter(({ id }) => this.#shows(id))
  }

  /** The one with this id, as the API shows it; refused in EC2's words when there is none. */
  need(id: string): T {
    return this.needAll([id])[0] as T
  }

  /** As EC2 does: one that is unknown fails the whole call, which names all of them. */
  needAll(ids: string[]): T[] {
    for (const id of ids) this.#checkForm(id)
    const found = ids.map((id) => (this.#shows(id) ? this.#all.get(id) : undefined))
    const missing = ids.filter((_, index) => found[index] === undefined)
    if (missing.length === 0) return found as T[]
    const { notFound, noun } = this.kind
    throw new Ec2Error(
      notFound,
      missing.length === 1
        ? `The ${noun} '${missing[0]}' does not exist`
        : `The ${noun}s '${missing.join(', ')}' do not exist`,
    )
  }

  drop(id: string): void {
    this.#all.delete(id)
    this.#veils.delete(id)
  }

  #checkForm(id: string): void {
    const { prefix, notFound, noun } = this.kind
    if (new RegExp(`^${prefix}-[0-9a-z-]{1,60}$`).test(id)) return
    const malformed = notFound.replace(/\.NotFound$/, '.Malformed')
    throw new Ec2Error(malformed, `Invalid id: "${id}" (expecting "${prefix}-..."), as ${noun}`)
  }

  #shows(id: string): boolean {
    const veil = this.#veils.get(id)
    if (!veil) return true
    if (veil.looks > 0) {
      veil.looks -= 1
      return false
    }
    if (this.#nowMs() < veil.untilMs) return false
    this.#veils.delete(id)
    return true
  }
}
