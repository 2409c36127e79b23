import { type AgentCalls, type ControlCalls, PlatformError } from '@openzimki/core'
import { connectLink, type Link, type RpcHandlers, rpcClient, rpcServer } from '@openzimki/link'

export interface ControlClientOptions {
  address: string
  join: ControlCalls['agent.join'][0]
  /** What control may call. */
  handlers: RpcHandlers<AgentCalls>
  /** Away for longer than this: `onOrphaned`. */
  orphanMs: number
  onOnline(): void
  onOffline(): void
  /** Control did not come back, or will not have this agent. Once. */
  onOrphaned(reason: string): void
  note(text: string): void
}

const FIRST_RETRY_MS = 50
const LAST_RETRY_MS = 1_000
const CALL_MS = 30_000
/** Control says no and will say so again. */
const FINAL = new Set([
  'UNAUTHENTICATED',
  'PERMISSION_DENIED',
  'INVALID_ARGUMENT',
  'ALREADY_EXISTS',
  'NOT_FOUND',
])

/** Keeps a joined link to control, dialling again whenever it is lost. */
export class ControlClient {
  readonly #options: ControlClientOptions
  readonly #closing = new AbortController()
  #link: Link | null = null
  #orphanTimer: NodeJS.Timeout | null = null
  #retryTimer: NodeJS.Timeout | null = null
  #failures = 0

  constructor(options: ControlClientOptions) {
    this.#options = options
  }

  start(): void {
    this.#awaitControl()
    void this.#dial()
  }

  get isOnline(): boolean {
    return this.#link !== null
  }

  /** UNAVAILABLE at once when control is away. */
  async call<M extends keyof ControlCalls & string>(
    method: M,
    params: ControlCalls[M][0],
  ): Promise<ControlCalls[M][1]> {
    if (!this.#link) throw new PlatformError('UNAVAILABLE', 'control is away')
    return rpcClient<ControlCalls>(this.#link)(method, params as never, { timeoutMs: CALL_MS }) as Promise<
      ControlCalls[M][1]
    >
  }

  close(): void {
    this.#closing.abort()
    if (this.#orphanTimer) clearTimeout(this.#orphanTimer)
    if (this.#retryTimer) clearTimeout(this.#retryTimer)
    this.#link?.close()
    this.#link = null
  }

  async #dial(): Promise<void> {
    try {
      const serve = rpcServer<AgentCalls>(this.#options.handlers, {
        onError: (method, error) => this.#options.note(`${method} failed: ${error.stack ?? error.message}`),
      })
      const link = await connectLink(this.#options.address, {
        signal: this.#closing.signal,
        onStream: (stream) => {
          if (!serve(stream)) stream.reset(new PlatformError('PROTOCOL', 'an agent takes calls only'))
        },
      })
      await this.#join(link)
    } catch (thrown) {
      this.#retry(PlatformError.from(thrown))
    }
  }

  async #join(link: Link): Promise<void> {
    try {
      await rpcClient<ControlCalls>(link)('agent.join', this.#options.join, { timeoutMs: CALL_MS })
    } catch (thrown) {
      link.close()
      throw thrown
    }
    if (link.closed) throw new PlatformError('UNAVAILABLE', 'control closed the link')
    if (this.#closing.signal.aborted) return link.close()
    this.#failures = 0
    if (this.#orphanTimer) clearTimeout(this.#orphanTimer)
    this.#orphanTimer = null
    this.#link = link
    link.onClose = () => this.#lost()
    this.#options.onOnline()
  }

  #lost(): void {
    this.#link = null
    if (this.#closing.signal.aborted) return
    this.#awaitControl()
    this.#options.onOffline()
    this.#schedule()
  }

  #retry(error: PlatformError): void {
    if (this.#closing.signal.aborted) return
    if (FINAL.has(error.code)) this.#orphaned(`control refused this agent: ${error.message}`)
    else this.#schedule()
  }

  #schedule(): void {
    const retryMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures)
    this.#failures += 1
    this.#retryTimer = setTimeout(() => void this.#dial(), retryMs)
  }

  #awaitControl(): void {
    const { orphanMs } = this.#options
    this.#orphanTimer ??= setTimeout(() => this.#orphaned(`control was away for ${orphanMs} ms`), orphanMs)
  }

  #orphaned(reason: string): void {
    this.close()
    this.#options.onOrphaned(reason)
  }
}
