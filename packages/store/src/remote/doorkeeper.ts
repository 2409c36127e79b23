import { type Clock, PlatformError } from '@openzimki/core'
import { type Capability, verifyCapability } from '../capability.ts'
import { SHARED_REALM } from '../shared-library.ts'
import type { StoreCalls } from './store-calls.ts'

type Method = keyof StoreCalls

/** What a cell may call at all. Whatever is not here is for control. */
const OPEN_TO_CELLS: ReadonlySet<Method> = new Set<Method>([
  'objects.listClasses',
  'objects.get',
  'objects.search',
  'objects.count',
  'objects.batch',
  'objects.journal',
  'objects.epoch',
  'objects.usage',
  'blobs.put',
  'blobs.get',
  'blobs.stat',
  'blobs.list',
  'refs.add',
  'refs.has',
  'refs.remove',
  'refs.list',
  'refs.bytes',
])

/** Calls on the whole store rather than on one realm. */
const OPEN_TO_ALL_REALMS_ONLY: ReadonlySet<Method> = new Set<Method>([
  'objects.sweep',
  'blobs.delete',
  'refs.isHeld',
])

const REMEMBERED = 1_000

/** Decides who may call what. One per link: what it remembers is that peer's own. */
export class Doorkeeper {
  readonly #secret: Buffer
  readonly #clock: Clock
  /** Tokens whose signature was found good; the expiry is looked at each time. */
  readonly #known = new Map<string, Capability>()

  constructor(secret: Buffer, clock: Clock) {
    this.#secret = secret
    this.#clock = clock
  }

  /** UNAUTHENTICATED, PERMISSION_DENIED. `realms`: those that the call names. */
  open(method: Method, token: string, realms: readonly string[]): Capability {
    const capability = this.#verify(token)
    if (capability.role !== 'control' && !OPEN_TO_CELLS.has(method))
      throw denied(`${method} is for control alone`)
    if (capability.realm === '*') return capability
    if (OPEN_TO_ALL_REALMS_ONLY.has(method)) throw denied(`${method} needs a capability for all realms`)
    if (method === 'objects.get' && realms.every((realm) => realm === SHARED_REALM)) return capability
    if (realms.some((realm) => realm !== capability.realm))
      throw denied('it opens another realm than the one named')
    return capability
  }

  #verify(token: string): Capability {
    const known = this.#known.get(token)
    if (known && known.expiresAtMs > this.#clock.nowMs()) return known
    const capability = verifyCapability(token, this.#secret, this.#clock.nowMs())
    if (this.#known.size >= REMEMBERED) this.#known.clear()
    this.#known.set(token, capability)
    return capability
  }
}

const denied = (why: string): PlatformError =>
  new PlatformError('PERMISSION_DENIED', `the capability does not allow this: ${why}`)
