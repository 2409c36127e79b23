import { PlatformError } from '@openzimki/core'
import { connectLink, type Link, rpcStream } from '@openzimki/link'
import type { StoreCalls } from './store-calls.ts'

type Method = keyof StoreCalls
type Given<M extends Method> = Omit<StoreCalls[M][0], 'capability'>

export interface Answer<M extends Method> {
  result: StoreCalls[M][1]
  body: AsyncIterable<Uint8Array>
}

/** How long a call waits for a store that is not there (it restarts, say) before it fails UNAVAILABLE. */
const CONNECT_MS = 5_000
const FIRST_PAUSE_MS = 20
const LARGEST_PAUSE_MS = 500
/** The largest answer: a search at its bound, and the JSON around it. */
const MAX_ANSWER_BYTES = 128 * 1024 * 1024

/**
 * A link to the store that comes back by itself. Calls in flight when the store goes fail UNAVAILABLE; reads are tried once more.
 * A write is never sent twice: whether a lost one was done is only known by reading.
 */
export class StoreConnection {
  readonly #target: string | null
  readonly #capability: () => string
  #link: Link | null
  #connecting: Promise<Link> | null = null
  #closed = new AbortController()

  constructor(target: string | Link, capability: string | (() => string)) {
    this.#target = typeof target === 'string' ? target : null
    this.#link = typeof target === 'string' ? null : target
    this.#capability = typeof capability === 'string' ? () => capability : capability
  }

  /** A call that may be made twice without harm. */
  async read<M extends Method>(method: M, params: Given<M>): Promise<Answer<M>> {
    try {
      return await this.write(method, params)
    } catch (error) {
      const lost = error instanceof PlatformError && error.code === 'UNAVAILABLE'
      if (!lost || this.#target === null || this.#closed.signal.aborted) throw error
      return this.write(method, params)
    }
  }

  async write<M extends Method>(
    method: M,
    params: Given<M>,
    body?: AsyncIterable<Uint8Array>,
  ): Promise<Answer<M>> {
    const link = this.#link && !this.#link.closed ? this.#link : await this.#connect()
    const sealed = { ...params, capability: this.#capability() }
    const answer = await rpcStream<Record<string, [unknown, unknown]>, string>(
      link,
      method,
      sealed as never,
      {
        body,
        maxBytes: MAX_ANSWER_BYTES,
      },
    )
    return answer as Answer<M>
  }

  /** Closes the link that it made; one that it was given stays open. */
  async close(): Promise<void> {
    this.#closed.abort()
    if (this.#target !== null) this.#link?.close()
  }

  #connect(): Promise<Link> {
    this.#connecting ??= this.#reach().finally(() => {
      this.#connecting = null
    })
    return this.#connecting
  }

  async #reach(): Promise<Link> {
    if (this.#target === null) throw new PlatformError('UNAVAILABLE', 'the link to the store is closed')
    const untilMs = performance.now() + CONNECT_MS
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LARGEST_PAUSE_MS)) {
      if (this.#closed.signal.aborted)
        throw new PlatformError('UNAVAILABLE', 'this connection to the store was closed')
      try {
        this.#link = await connectLink(this.#target, { signal: this.#closed.signal })
        return this.#link
      } catch (error) {
        if (performance.now() + pauseMs > untilMs) throw unreachable(error)
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }
}

const unreachable = (cause: unknown): PlatformError =>
  new PlatformError('UNAVAILABLE', 'the store does not answer; it may be restarting. Try again in a moment', {
    cause,
  })
