import { PlatformError } from '@openzimki/core'
import type { LinkStream, StreamHandlers } from '../contract.ts'
import { type AnswerHead, decodeAnswer, decodeBody } from './envelope.ts'
import { IncomingBody } from './incoming-body.ts'
import { OutgoingBody } from './outgoing-body.ts'
import { WholeBody } from './whole-body.ts'

export interface CallOptions {
  /** Gives the call up: it rejects with CANCELLED and the other side is told. */
  signal?: AbortSignal
  /** Milliseconds until the answer, then TIMEOUT and the other side is told. Default: none. */
  timeoutMs?: number
  /** Largest JSON answer, else TOO_LARGE. Default 64 MiB. */
  maxBytes?: number
}

/** The answer to a call: its result and, where the server sent one, its raw body. */
export interface RawAnswer {
  result: unknown
  body: AsyncIterable<Uint8Array>
}

const DEFAULT_MAX_BYTES = 64 * 1024 * 1024

/** The opener's side of one call, from its opening to its answer. */
export class PendingCall implements StreamHandlers {
  readonly answer: Promise<RawAnswer>
  readonly outgoing = new OutgoingBody()
  readonly #method: string
  readonly #options: CallOptions
  readonly #settle: PromiseWithResolvers<RawAnswer>
  #stream: LinkStream | null = null
  #head: AnswerHead | null = null
  #whole: WholeBody | null = null
  #raw: IncomingBody | null = null
  #timer: NodeJS.Timeout | null = null
  #onAbort: (() => void) | null = null

  constructor(method: string, options: CallOptions) {
    this.#method = method
    this.#options = options
    this.#settle = Promise.withResolvers<RawAnswer>()
    this.answer = this.#settle.promise
  }

  /** The stream that `link.open` made for this call. */
  start(stream: LinkStream): void {
    this.#stream = stream
    const { signal, timeoutMs } = this.#options
    if (timeoutMs !== undefined) {
      const late = (): void =>
        this.giveUp(new PlatformError('TIMEOUT', `${this.#method} took over ${timeoutMs} ms`))
      this.#timer = setTimeout(late, timeoutMs)
    }
    if (signal === undefined) return
    this.#onAbort = () => this.giveUp(cancelled(this.#method, signal))
    signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  /** Tells the other side, and rejects. */
  giveUp(error: PlatformError): void {
    this.#stream?.reset(error)
    this.onReset(error)
  }

  onHead(head: string): void {
    this.#head = decodeAnswer(head)
    if (this.#head.error !== null) this.#settle.reject(this.#head.error)
    else if (this.#head.body === 'json')
      this.#whole = new WholeBody(this.#options.maxBytes ?? DEFAULT_MAX_BYTES)
    else if (this.#head.body === 'raw') this.#openRaw(this.#head.result)
  }

  onData(chunk: Uint8Array): void {
    if (this.#raw !== null) {
      this.#raw.push(chunk)
      return
    }
    this.#whole?.push(chunk)
    this.#stream?.consumed(chunk.length)
  }

  onEnd(): void {
    this.#release()
    if (this.#raw !== null) this.#raw.end()
    else if (this.#head !== null) this.#settle.resolve({ result: this.#result(this.#head), body: nothing() })
    // An answer before the end of our own body means that the rest is not wanted.
    if (this.#stream?.done === false) this.#stream.reset(new PlatformError('CANCELLED', 'answered'))
    this.outgoing.onDrain()
  }

  onDrain(): void {
    this.outgoing.onDrain()
  }

  onReset(error: PlatformError): void {
    this.outgoing.onDrain()
    this.#raw?.fail(error)
    this.#release()
    this.#settle.reject(error)
  }

  /** The answer has begun: the time-out is over, the signal still cuts the body off. */
  #openRaw(result: unknown): void {
    const body = new IncomingBody(
      (bytes) => this.#stream?.consumed(bytes),
      () =>
        this.giveUp(new PlatformError('CANCELLED', `the answer of ${this.#method} was not read to its end`)),
    )
    this.#raw = body
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#settle.resolve({ result, body })
  }

  #result(head: AnswerHead): unknown {
    return this.#whole === null ? head.result : decodeBody(this.#whole.bytes)
  }

  #release(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    if (this.#onAbort !== null) this.#options.signal?.removeEventListener('abort', this.#onAbort)
    this.#onAbort = null
  }
}

export function cancelled(method: string, signal: AbortSignal): PlatformError {
  return new PlatformError('CANCELLED', `${method} was given up`, { cause: signal.reason })
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {
  yield* []
}
