import { PlatformError, type RequestHead, type ResponseHead } from '@openzimki/core'
import type { LinkStream, StreamHandlers } from '@openzimki/link'
import type { RouteRealm } from '@openzimki/placement'
import { readAnswer } from './cell-answer.ts'
import type { CellConnection } from './cell-connections.ts'
import type { GatewayContext } from './gateway-context.ts'
import { Watched } from './traffic.ts'

export interface Invoked {
  head: ResponseHead
  body: Uint8Array
}

/** A request that the platform itself sends to a realm, whole both ways. */
export class Invocation extends Watched implements StreamHandlers {
  readonly #context: GatewayContext
  readonly #realm: RouteRealm
  readonly #deadlineMs: number
  readonly #settle = Promise.withResolvers<Invoked>()
  readonly #chunks: Uint8Array[] = []
  #bytes = 0
  #head: ResponseHead | null = null
  #stream: LinkStream | null = null
  #cell: CellConnection | null = null
  #over = false

  constructor(context: GatewayContext, realm: RouteRealm) {
    super()
    this.#context = context
    this.#realm = realm
    this.#deadlineMs = context.traffic.nowMs() + context.bounds.invokeMs
  }

  /** Rejects with the cell's error, TIMEOUT, LIMIT_EXCEEDED, NOT_FOUND, and those of `demand`. It is asked once only: it may change things. */
  async run(head: RequestHead, body: Uint8Array): Promise<Invoked> {
    this.#context.traffic.enter(this.#realm, this)
    try {
      return await Promise.race([this.#settle.promise, this.#send(head, body)])
    } finally {
      this.#over = true
      if (this.#cell !== null) this.#cell.active--
      this.#context.traffic.leave(this)
    }
  }

  check(nowMs: number): void {
    if (nowMs <= this.#deadlineMs) return
    this.#fail(
      new PlatformError('TIMEOUT', `the realm did not answer in ${this.#context.bounds.invokeMs} ms`),
    )
  }

  onHead(text: string): void {
    this.#head = readAnswer(text)
  }

  onData(chunk: Uint8Array): void {
    this.#bytes += chunk.length
    if (this.#bytes > this.#realm.limits.responseBytes) {
      this.#fail(
        new PlatformError('LIMIT_EXCEEDED', 'the answer is larger than responseBytes', {
          details: { limit: 'responseBytes' },
        }),
      )
      return
    }
    this.#chunks.push(chunk)
    this.#stream?.consumed(chunk.length)
  }

  onEnd(): void {
    this.#settle.resolve({ head: this.#head as ResponseHead, body: Buffer.concat(this.#chunks) })
  }

  onReset(error: PlatformError): void {
    this.#settle.reject(error)
  }

  async #send(head: RequestHead, body: Uint8Array): Promise<Invoked> {
    const { finder } = this.#context
    const cell = finder.warm(this.#realm) ?? (await finder.find(this.#realm.id, null)).cell
    if (!this.#over) {
      this.#stream = cell.link.open(JSON.stringify(head), { handlers: this, body })
      this.#cell = cell
      cell.active++
    }
    return this.#settle.promise
  }

  #fail(error: PlatformError): void {
    this.#over = true
    this.#stream?.reset(error)
    this.#settle.reject(error)
  }
}
