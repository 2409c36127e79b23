import { type AgentCalls, type ControlCalls, PlatformError } from '@openzimki/core'
import {
  connectLink,
  type Identity,
  type Link,
  type RpcHandlers,
  rpcClient,
  rpcServer,
} from '@openzimki/link'
import { IMPOSTOR, joinControl, type MachineFacts } from './join-control.ts'

export interface ControlClientOptions {
  address: string
  /** Of the only control that this agent speaks to. */
  controlKey: string
  identity: Identity
  joinToken: string
  facts: MachineFacts
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
  'UNSUPPORTED',
])

/** Keeps a joined link to control, dialling again whenever it is lost. */
export class ControlClient {
  readonly #options: ControlClientOptions
  readonly #closing = new AbortController()
  #link: Link | null = null
  #orphanTimer: NodeJS.Timeout | null = null
  #retryTimer: NodeJS.Timeout | null = null
  #failures = 0
  #protocol = 0
  #hasJoined = false
  #isComplaining = false
  readonly #waiting = new Set<() => void>()

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

  /** Resolves when control is joined. UNAVAILABLE: not in time. */
  online(timeoutMs: number): Promise<void> {
    if (this.#link) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const joined = (): void => {
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(() => {
        this.#waiting.delete(joined)
        reject(new PlatformError('UNAVAILABLE', 'control is away'))
      }, timeoutMs)
      this.#waiting.add(joined)
    })
  }

  /** The version of the calls that control and this agent both speak; 0 before the first join. */
  get protocol(): number {
    return this.#protocol
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
    const stage: Stage = { channel: '', isProved: false }
    let link: Link
    try {
      link = await this.#connect(stage)
    } catch (thrown) {
      // Whoever answered, or did not, has not proved to be control: nothing of that is final.
      this.#retry(PlatformError.from(thrown))
      return
    }
    try {
      await this.#join(link, stage)
    } catch (thrown) {
      link.close()
      const error = PlatformError.from(thrown)
      if (FINAL.has(error.code) && error.details.reason !== IMPOSTOR) this.#refused(error)
      else this.#retry(error)
    }
  }

  #connect(stage: Stage): Promise<Link> {
    const { address, controlKey, handlers, note } = this.#options
    const serve = rpcServer<AgentCalls>(handlers, {
      onError: (method, error) => note(`${method} failed: ${error.stack ?? error.message}`),
    })
    return connectLink(address, {
      signal: this.#closing.signal,
      publicKey: controlKey,
      onChannel: (channel) => {
        stage.channel = channel
      },
      onStream: (stream) => {
        if (!stage.isProved) stream.reset(new PlatformError('PERMISSION_DENIED', 'prove to be control first'))
        else if (!serve(stream)) stream.reset(new PlatformError('PROTOCOL', 'an agent takes calls only'))
      },
    })
  }

  async #join(link: Link, stage: Stage): Promise<void> {
    const { identity, controlKey, facts, joinToken } = this.#options
    this.#protocol = await joinControl({
      ...{ link, channel: stage.channel, identity, controlKey, facts, timeoutMs: CALL_MS },
      joinToken: this.#hasJoined ? '' : joinToken,
      // Control may call from the moment that it lets us in, before we have read its answer.
      onProved: () => {
        stage.isProved = true
      },
    })
    if (link.closed) throw new PlatformError('UNAVAILABLE', 'control closed the link')
    if (this.#closing.signal.aborted) {
      link.close()
      return
    }
    this.#hasJoined = true
    this.#failures = 0
    this.#isComplaining = false
    if (this.#orphanTimer) clearTimeout(this.#orphanTimer)
    this.#orphanTimer = null
    this.#link = link
    link.onClose = () => this.#lost()
    this.#options.onOnline()
    for (const joined of this.#waiting) joined()
    this.#waiting.clear()
  }

  #lost(): void {
    this.#link = null
    if (this.#closing.signal.aborted) return
    this.#awaitControl()
    this.#options.onOffline()
    this.#schedule()
  }

  #refused(error: PlatformError): void {
    if (this.#closing.signal.aborted) return
    this.#orphaned(`control refused this agent: ${error.message}`)
  }

  #retry(error: PlatformError): void {
    if (this.#closing.signal.aborted) return
    if (error.code === 'UNAUTHENTICATED' && !this.#isComplaining) {
      this.#isComplaining = true
      this.#options.note(`control is not joined, and is tried again: ${error.message}`)
    }
    this.#schedule()
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

/** What is known of a link under way. */
interface Stage {
  channel: string
  isProved: boolean
}
