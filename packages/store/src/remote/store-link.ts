import { PlatformError } from '@openzimki/core'
import { connectLink, type Link } from '@openzimki/link'

/** How long a call waits for a store that is not there (it restarts, say) before it fails UNAVAILABLE. */
const CONNECT_MS = 5_000
const FIRST_PAUSE_MS = 20
const LARGEST_PAUSE_MS = 500

/** A link to the store that comes back by itself. Several connections, each with a capability of its own, may share one. */
export class StoreLink {
  readonly #address: string
  #link: Link | null = null
  #connecting: Promise<Link> | null = null
  readonly #closed = new AbortController()

  constructor(address: string) {
    this.#address = address
  }

  get closed(): boolean {
    return this.#closed.signal.aborted
  }

  /** The link there is, or a new one. UNAVAILABLE when the store does not come back in time. */
  open(): Promise<Link> | Link {
    if (this.#link && !this.#link.closed) return this.#link
    this.#connecting ??= this.#reach().finally(() => {
      this.#connecting = null
    })
    return this.#connecting
  }

  close(): void {
    this.#closed.abort()
    this.#link?.close()
  }

  async #reach(): Promise<Link> {
    const untilMs = performance.now() + CONNECT_MS
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LARGEST_PAUSE_MS)) {
      if (this.closed) throw new PlatformError('UNAVAILABLE', 'this connection to the store was closed')
      try {
        this.#link = await connectLink(this.#address, { signal: this.#closed.signal })
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
