import { PlatformError } from '@openzimki/core'
import { type Link, rpcStream } from '@openzimki/link'
import type { StoreCalls } from './store-calls.ts'
import { StoreLink } from './store-link.ts'

type Method = keyof StoreCalls
type Given<M extends Method> = Omit<StoreCalls[M][0], 'capability'>

export interface Answer<M extends Method> {
  result: StoreCalls[M][1]
  body: AsyncIterable<Uint8Array>
}

/** The largest answer: a search at its bound, and the JSON around it. */
const MAX_ANSWER_BYTES = 128 * 1024 * 1024

/**
 * Calls to the store under one capability. Calls in flight when the store goes fail UNAVAILABLE; reads are tried once more, where
 * the link can come back. A write is never sent twice: whether a lost one was done is only known by reading.
 */
export class StoreConnection {
  readonly #link: StoreLink | null
  readonly #fixed: Link | null
  /** The link was made here, so it ends here. */
  readonly #isOurs: boolean
  readonly #capability: () => string
  #isClosed = false

  /** An address gets a link of its own; a StoreLink is shared; a bare Link does not come back. */
  constructor(target: string | Link | StoreLink, capability: string | (() => string)) {
    this.#isOurs = typeof target === 'string'
    this.#link =
      typeof target === 'string' ? new StoreLink(target) : target instanceof StoreLink ? target : null
    this.#fixed = typeof target === 'string' || target instanceof StoreLink ? null : target
    this.#capability = typeof capability === 'string' ? () => capability : capability
  }

  /** A call that may be made twice without harm. */
  async read<M extends Method>(method: M, params: Given<M>): Promise<Answer<M>> {
    try {
      return await this.write(method, params)
    } catch (error) {
      const lost = error instanceof PlatformError && error.code === 'UNAVAILABLE'
      if (!lost || !this.#link || this.#link.closed || this.#isClosed) throw error
      return this.write(method, params)
    }
  }

  async write<M extends Method>(
    method: M,
    params: Given<M>,
    body?: AsyncIterable<Uint8Array>,
  ): Promise<Answer<M>> {
    const sealed = { ...params, capability: this.#capability() }
    const answer = await rpcStream<Record<string, [unknown, unknown]>, string>(
      await this.#open(),
      method,
      sealed as never,
      { body, maxBytes: MAX_ANSWER_BYTES },
    )
    return answer as Answer<M>
  }

  /** Ends a link of its own; one that it was given stays open for others. */
  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#isOurs) this.#link?.close()
  }

  #open(): Promise<Link> | Link {
    if (this.#isClosed) throw new PlatformError('UNAVAILABLE', 'this connection to the store was closed')
    if (this.#link) return this.#link.open()
    if (this.#fixed && !this.#fixed.closed) return this.#fixed
    throw new PlatformError('UNAVAILABLE', 'the link to the store is closed')
  }
}
