import { type Outcome, PlatformError, type RequestHead, type ResponseHead } from '@openzimki/core'
import type { LinkStream } from '@openzimki/link'
import type { SessionState } from '../bindings/session-state.ts'
import { RequestBody } from './request-body.ts'
import { type DoorBytes, toBytes } from './to-bytes.ts'

/** What a program throws may have a message of any size. */
const MAX_ERROR_CHARS = 8 * 1024

/** What a request has used, besides CPU. */
export interface RequestAmounts {
  bytesIn: number
  bytesOut: number
  egressBytes: number
  storeReads: number
  storeWrites: number
}

/** One request inside the cell, from its head to its last byte. */
export class RunningRequest {
  readonly number: number
  readonly head: RequestHead
  readonly stream: LinkStream
  readonly body: RequestBody
  readonly startedMs: number
  readonly amounts: RequestAmounts
  /** Name for the meter, known once the program has answered. */
  function = '(none)'
  outcome: Outcome = 'ok'
  /** Time on the isolate's thread so far, nanoseconds; what the CPU limit is held against. */
  cpuNs = 0
  remoteCalls = 0
  logBytes = 0
  session: SessionState | null = null
  /** Header pairs that the platform adds, such as the session's cookie. */
  readonly extraHeaders: string[] = []
  #responded = false
  #ended = false
  #bytesLeft: number
  #drained: (() => void)[] = []
  /** Called once, when the answer is complete or impossible. */
  onEnd: (() => void) | null = null
  /** Called when all that the program gave to ctx.waitUntil has settled. */
  onSettled: (() => void) | null = null
  /** Names the author's lines in a stack. */
  mapStack: (text: string) => string = (text) => text
  /** Called with what the program threw, for the realm's log. */
  onThrow: ((text: string) => void) | null = null

  constructor(number: number, head: RequestHead, stream: LinkStream, responseBytes: number) {
    this.number = number
    this.head = head
    this.stream = stream
    this.body = new RequestBody(stream)
    this.startedMs = performance.now()
    this.#bytesLeft = responseBytes
    this.amounts = { bytesIn: stream.head.length, bytesOut: 0, egressBytes: 0, storeReads: 0, storeWrites: 0 }
  }

  get responded(): boolean {
    return this.#responded
  }

  get ended(): boolean {
    return this.#ended
  }

  /** The whole answer in one frame. */
  respond(response: ResponseHead, body: DoorBytes, encoding: BufferEncoding = 'utf8'): void {
    if (this.#responded || this.#ended) return
    const bytes = toBytes(body, encoding)
    if (bytes.byteLength > this.#bytesLeft) {
      this.fail(this.#tooLarge())
      return
    }
    this.#sendHead(response, bytes)
    this.amounts.bytesOut += bytes.byteLength
    this.#end()
  }

  /** The head of an answer whose body follows in chunks. */
  begin(response: ResponseHead): void {
    if (!this.#responded && !this.#ended) this.#sendHead(response, null)
  }

  /** Resolves when there is room for more; rejects when the client is gone or the limit is reached. */
  async chunk(bytes: Uint8Array): Promise<void> {
    if (this.#ended) throw new PlatformError('CANCELLED', 'the client is gone')
    this.#bytesLeft -= bytes.byteLength
    if (this.#bytesLeft < 0) {
      const error = this.#tooLarge()
      this.fail(error)
      throw error
    }
    this.amounts.bytesOut += bytes.byteLength
    if (this.stream.write(bytes)) return
    await new Promise<void>((resolve) => this.#drained.push(resolve))
    if (this.#ended) throw new PlatformError('CANCELLED', 'the client is gone')
  }

  end(): void {
    if (this.#ended || !this.#responded) return
    this.stream.end()
    this.#end()
  }

  /** Ends it with an error: the gateway makes a page of it when nothing was sent yet. */
  fail(error: PlatformError): void {
    if (this.#ended) return
    this.outcome =
      error.code === 'CANCELLED' ? 'cancelled' : error.code === 'LIMIT_EXCEEDED' ? 'limit' : 'error'
    this.stream.reset(error)
    this.#end()
  }

  /** The program threw: a page for the client, the whole story for the log (and for the owner's key in development). */
  threw(message: string, stack: string): void {
    const told = (stack.includes(message) ? stack : `${message}\n${stack}`).slice(0, MAX_ERROR_CHARS)
    const text = this.mapStack(told)
    this.onThrow?.(text)
    const shown = this.head.debug
      ? text
      : 'the program failed while it answered; its owner finds the reason in the log'
    this.fail(new PlatformError('SCRIPT_ERROR', shown, { details: { request: this.head.id } }))
  }

  /** Its time is up: no answer is waited for any more, nor what it gave to ctx.waitUntil. */
  expire(error: PlatformError): void {
    this.fail(error)
    this.settled()
  }

  settled(): void {
    this.onSettled?.()
  }

  /** The gateway says that the client is gone. */
  cancelled(error: PlatformError): void {
    if (this.#ended) return
    this.outcome = 'cancelled'
    this.body.fail(error)
    this.#end()
  }

  drained(): void {
    const waiting = this.#drained
    this.#drained = []
    for (const resolve of waiting) resolve()
  }

  #sendHead(response: ResponseHead, body: Uint8Array | null): void {
    this.#responded = true
    const headers = this.extraHeaders.length ? [...response.headers, ...this.extraHeaders] : response.headers
    const head = JSON.stringify({ status: response.status, headers })
    this.amounts.bytesOut += head.length
    if (body) this.stream.respond(head, body)
    else this.stream.respond(head)
  }

  #end(): void {
    this.#ended = true
    this.amounts.bytesIn += this.body.bytes
    this.body.cancel()
    this.drained()
    this.onEnd?.()
  }

  #tooLarge(): PlatformError {
    return new PlatformError(
      'LIMIT_EXCEEDED',
      "stopped: the response is larger than the realm's limit (responseBytes)",
      {
        details: { limit: 'responseBytes' },
      },
    )
  }
}
