import { PlatformError } from '@openzimki/core'
import type { Link, LinkStream, StreamHandlers } from '../contract.ts'
import {
  type CallHead,
  decodeBody,
  decodeCall,
  encodeFailure,
  encodeRawResult,
  encodeResult,
} from './envelope.ts'
import { IncomingBody } from './incoming-body.ts'
import { OutgoingBody } from './outgoing-body.ts'
import { RawResult } from './raw-result.ts'
import { WholeBody } from './whole-body.ts'

/** A handler with its types forgotten. */
export type AnyHandler = (params: unknown, context: AcceptedCall) => unknown

/** What the calls of one server share. */
export interface ServerState {
  readonly handlers: Record<string, AnyHandler>
  readonly maxBytes: number
  readonly maxPendingBytes: number
  readonly maxRunning: number
  readonly onError: ((method: string, error: PlatformError) => void) | null
  pendingBytes: number
  running: number
}

/** The accepting side of one call; also the context that its handler sees. */
export class AcceptedCall implements StreamHandlers {
  readonly link: Link | null
  readonly body: IncomingBody
  readonly #state: ServerState
  readonly #stream: LinkStream
  #head: CallHead | null = null
  #whole: WholeBody | null = null
  #outgoing: OutgoingBody | null = null
  #abort: AbortController | null = null
  #lost: PlatformError | null = null

  constructor(state: ServerState, stream: LinkStream, link: Link | null) {
    this.#state = state
    this.#stream = stream
    this.link = link
    this.body = new IncomingBody(
      (bytes) => this.#stream.consumed(bytes),
      () => undefined,
    )
  }

  /** Made when somebody asks: most handlers do not. */
  get signal(): AbortSignal {
    if (this.#abort === null) {
      this.#abort = new AbortController()
      if (this.#lost !== null) this.#abort.abort(this.#lost)
    }
    return this.#abort.signal
  }

  start(): void {
    try {
      this.#head = decodeCall(this.#stream.head)
      if (this.#head.body === 'json') this.#whole = new WholeBody(this.#state.maxBytes)
      else void this.#run(this.#head.call, this.#head.params)
    } catch (thrown) {
      this.#fail(thrown)
    }
  }

  onData(chunk: Uint8Array): void {
    if (this.#whole === null) {
      if (this.#head?.body === 'raw') this.body.push(chunk)
      else this.#stream.consumed(chunk.length)
      return
    }
    const state = this.#state
    const before = this.#whole.heldBytes
    try {
      if (state.pendingBytes + chunk.length > state.maxPendingBytes) throw busy('params are arriving')
      this.#whole.push(chunk)
      state.pendingBytes += this.#whole.heldBytes - before
      this.#stream.consumed(chunk.length)
    } catch (thrown) {
      this.#dropWhole()
      this.#stream.consumed(chunk.length)
      this.#fail(thrown)
    }
  }

  onEnd(): void {
    this.body.end()
    const whole = this.#whole
    if (whole === null) return
    this.#dropWhole()
    try {
      void this.#run((this.#head as CallHead).call, decodeBody(whole.bytes))
    } catch (thrown) {
      this.#fail(thrown)
    }
  }

  onDrain(): void {
    this.#outgoing?.onDrain()
  }

  onReset(error: PlatformError): void {
    this.#lost = error
    this.#dropWhole()
    this.body.fail(error)
    this.#outgoing?.onDrain()
    this.#abort?.abort(error)
  }

  async #run(method: string, params: unknown): Promise<void> {
    const state = this.#state
    let started = false
    try {
      if (!Object.hasOwn(state.handlers, method))
        throw new PlatformError('UNSUPPORTED', `there is no call "${method}"`)
      if (state.running >= state.maxRunning) throw busy('calls are running')
      state.running++
      started = true
      await this.#answer(await (state.handlers[method] as AnyHandler)(params, this))
    } catch (thrown) {
      this.#fail(thrown)
    } finally {
      if (started) state.running--
    }
  }

  async #answer(answer: unknown): Promise<void> {
    if (!(answer instanceof RawResult)) {
      const { head, body } = encodeResult(answer)
      this.#stream.respond(head, body)
      return
    }
    this.#outgoing = new OutgoingBody()
    this.#stream.respond(encodeRawResult(answer.result))
    try {
      await this.#outgoing.send(this.#stream, answer.body)
    } catch (thrown) {
      this.#stream.reset(this.#presentable(thrown))
    }
  }

  #fail(thrown: unknown): void {
    if (this.#stream.done) return
    const { head, body } = encodeFailure(this.#presentable(thrown))
    this.#stream.respond(head, body)
  }

  /** Only a PlatformError was written to be seen by others. */
  #presentable(thrown: unknown): PlatformError {
    if (thrown instanceof PlatformError) return thrown
    const method = this.#head?.call ?? 'unknown'
    this.#state.onError?.(method, PlatformError.from(thrown))
    return new PlatformError('INTERNAL', `${method} failed on the other side; its log says why`)
  }

  #dropWhole(): void {
    if (this.#whole === null) return
    this.#state.pendingBytes -= this.#whole.heldBytes
    this.#whole = null
  }
}

const busy = (what: string): PlatformError =>
  new PlatformError('LIMIT_EXCEEDED', `too many ${what} at once; try again later`)
