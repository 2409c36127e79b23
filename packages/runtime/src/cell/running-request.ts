import {
  type Chained,
  type Outcome,
  PlatformError,
  type RequestHead,
  type ResponseHead,
} from '@openzimki/core'
import type { LinkStream, StreamHandlers } from '@openzimki/link'
import type { RequestCpu } from '@openzimki/meter'
import type { SessionState } from '../bindings/session-state.ts'
import { engineLimit } from '../engine/engine-limits.ts'
import type { EntryOwner } from '../engine/entry-queue.ts'
import { RequestBody } from './request-body.ts'
import { type DoorBytes, toBytes } from './to-bytes.ts'
import type { WorkSums } from './work-sums.ts'

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

/**
 * One request inside the cell, from its head to its last byte. It hears of its own stream and of its entry into the isolate:
 * there are tens of thousands a second, and each object less of one is felt.
 */
export class RunningRequest implements StreamHandlers, EntryOwner, Chained<RunningRequest> {
  readonly id: number
  /** For the isolate's table alone. */
  nextInBucket: RunningRequest | null = null
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
  /** The meter's account of it; null while nothing is metered. */
  cpu: RequestCpu | null = null
  /** Where its turn is counted when its entry into the isolate is what it waits for. */
  sums: WorkSums | null = null
  remoteCalls = 0
  logBytes = 0
  session: SessionState | null = null
  /** Header pairs that the platform adds, such as the session's cookie. */
  readonly extraHeaders: string[] = []
  #responded = false
  #ended = false
  #returned = false
  #settled = false
  #bytesLeft: number
  #drained: (() => void)[] = []
  /** Called once, when it was answered or has failed; for whoever keeps it waiting. */
  onEnded: (() => void) | null = null
  /** Called once: it was answered or has failed, and what it started in its isolate has returned and settled. */
  onOver: (() => void) | null = null
  /** Names the author's lines in a stack. */
  mapStack: ((text: string) => string) | null = null
  /** Called with what the program threw, for the realm's log. */
  onThrow: ((request: RunningRequest, text: string) => void) | null = null

  constructor(id: number, head: RequestHead, stream: LinkStream, responseBytes: number) {
    this.id = id
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

  /** It is over before it had its turn in the isolate: the client went away, or its time was up. */
  get isGone(): boolean {
    return this.#ended && !this.#returned
  }

  onData(chunk: Uint8Array): void {
    this.body.push(chunk)
  }

  onEnd(): void {
    this.body.end()
  }

  /** The gateway says that the client is gone. */
  onReset(error: PlatformError): void {
    if (this.#ended) return
    this.outcome = 'cancelled'
    this.body.fail(error)
    this.#end()
  }

  onDrain(): void {
    const waiting = this.#drained
    this.#drained = []
    for (const resolve of waiting) resolve()
  }

  /** Its entry into the isolate is through; what it left running there goes on. */
  returned(beganNs?: number): void {
    if (beganNs !== undefined) this.sums?.enteredAt(this.startedMs, beganNs)
    this.#returned = true
    this.#checkOver()
  }

  /** Its entry into the isolate was stopped, or could not be. */
  failed(error: PlatformError): void {
    if (this.#ended) this.onThrow?.(this, error.message)
    else this.fail(error)
    this.returned()
  }

  /** The whole answer in one frame, its head as the gateway reads it. */
  answer(head: string, body: DoorBytes): void {
    if (this.extraHeaders.length > 0) {
      this.respond(JSON.parse(head) as ResponseHead, body)
      return
    }
    const bytes = this.#roomFor(body, 'utf8')
    if (bytes === null) return
    this.#responded = true
    this.amounts.bytesOut += head.length + bytes.byteLength
    this.stream.respond(head, bytes)
    this.#end()
  }

  /** The whole answer in one frame. */
  respond(response: ResponseHead, body: DoorBytes, encoding: BufferEncoding = 'utf8'): void {
    const bytes = this.#roomFor(body, encoding)
    if (bytes === null) return
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
    const text = this.mapStack?.(told) ?? told
    this.onThrow?.(this, text)
    const reached = engineLimit(told)
    const shown = this.head.debug
      ? text
      : (reached?.message ?? 'the program failed while it answered; its owner finds the reason in the log')
    const details = { request: this.head.id, ...(reached && { limit: reached.limit }) }
    this.fail(new PlatformError(reached ? 'LIMIT_EXCEEDED' : 'SCRIPT_ERROR', shown, { details }))
  }

  /** Its time is up: no answer is waited for any more, nor what it gave to ctx.waitUntil. */
  expire(error: PlatformError): void {
    this.fail(error)
    this.settled()
  }

  /** All that the program gave to ctx.waitUntil has settled. */
  settled(): void {
    this.#settled = true
    this.#checkOver()
  }

  /** The body as bytes; null, and the request has failed or is over, when it may not be sent. */
  #roomFor(body: DoorBytes, encoding: BufferEncoding): Uint8Array | null {
    if (this.#responded || this.#ended) return null
    const bytes = toBytes(body, encoding)
    if (bytes.byteLength <= this.#bytesLeft) return bytes
    this.fail(this.#tooLarge())
    return null
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
    this.onDrain()
    this.onEnded?.()
    this.#checkOver()
  }

  #checkOver(): void {
    if (!this.#ended || !this.#returned || !(this.#settled || this.outcome !== 'ok')) return
    const over = this.onOver
    this.onOver = null
    over?.()
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
