import type { IncomingMessage, ServerResponse } from 'node:http'
import { PlatformError } from '@openzimki/core'
import type { LinkStream, StreamHandlers } from '@openzimki/link'
import type { RouteRealm } from '@openzimki/placement'
import type { SafeAnswer } from './answer-reader.ts'
import { AnswerWriter } from './answer-writer.ts'
import type { Asked } from './asked.ts'
import type { CellConnection } from './cell-connections.ts'
import type { FoundCell } from './cell-finder.ts'
import { cellGone, forClients, loadFailure, requestTooLarge, tooSlow } from './client-error.ts'
import { sendError } from './error-page.ts'
import type { GatewayContext } from './gateway-context.ts'
import { lingerThenClose } from './linger.ts'
import type { Waiting } from './next-turn.ts'
import { RequestPump } from './request-pump.ts'
import { Watched } from './traffic.ts'

/** A request that waits for a cell. A start may take long, and this is all it holds of a client that has gone. */
interface Place {
  found: ((found: FoundCell) => void) | null
  failed: ((thrown: unknown) => void) | null
}

/**
 * One request of a client, from its routing to the last byte of its answer; it also hears of the stream to the cell.
 *
 *     waiting --head, more to come--> answering --end--> flushing --client has all--> over
 *        \----------- whole answer, or error page --------/
 *     a client that goes away, or a failure after the answer began, leads to over from anywhere
 */
export class Exchange extends Watched implements StreamHandlers, Waiting {
  readonly #context: GatewayContext
  readonly #asked: Asked
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #writer: AnswerWriter
  readonly #pump: RequestPump | null
  readonly #deadlineMs: number
  #state: 'waiting' | 'answering' | 'flushing' | 'over' = 'waiting'
  #place: Place | null = null
  #cell: CellConnection | null = null
  #stream: LinkStream | null = null
  #attempts = 0
  /** The answer's head and first chunk, held until it is known whether more comes. */
  #head: SafeAnswer | null = null
  #first: Uint8Array | null = null
  /** Bytes that the client has not taken yet, whose credit the cell therefore does not get back. */
  #owedBytes = 0
  #lastMoveMs = 0

  constructor(context: GatewayContext, asked: Asked, request: IncomingMessage, response: ServerResponse) {
    super()
    const { entry, method, hasBody } = asked
    const { requestBytes, responseBytes, wallMs } = entry.realm.limits
    this.#context = context
    this.#asked = asked
    this.#request = request
    this.#response = response
    this.#writer = new AnswerWriter(response, method, responseBytes)
    this.#pump = hasBody
      ? new RequestPump(request, requestBytes, () => this.#fail(requestTooLarge(requestBytes)))
      : null
    this.#deadlineMs = context.traffic.nowMs() + wallMs + context.bounds.graceMs
  }

  /** Throws LIMIT_EXCEEDED when the realm has all the requests it may have. */
  start(): void {
    const { realm } = this.#asked.entry
    this.#context.traffic.enter(realm, this)
    this.#response.on('close', () => this.#clientGone())
    const warm = this.#context.finder.warm(realm)
    if (warm === null) this.#find(null)
    else this.#send(warm, realm)
  }

  check(nowMs: number): void {
    if (this.#state === 'waiting') {
      if (nowMs > this.#deadlineMs) this.#fail(tooSlow(this.#asked.entry.realm.limits.wallMs))
      return
    }
    const { stallMs, silenceMs } = this.#context.bounds
    const waitsForClient = this.#owedBytes > 0 || this.#state === 'flushing'
    if (nowMs - this.#lastMoveMs <= (waitsForClient ? stallMs : silenceMs)) return
    this.#stream?.reset(new PlatformError('TIMEOUT', 'the answer stood still'))
    this.#response.destroy()
  }

  onHead(text: string): void {
    this.#head = this.#context.answerReader.read(text, this.#asked.entry)
    // Most answers are whole in this frame, and then `onEnd` comes first.
    this.#context.nextTurn.add(this)
  }

  onData(chunk: Uint8Array): void {
    if (this.#state === 'waiting' && this.#first === null) this.#first = chunk
    else {
      this.#begin()
      this.#pass(chunk)
    }
  }

  onEnd(): void {
    try {
      if (this.#state === 'waiting') this.#writer.whole(this.#head as SafeAnswer, this.#first)
      else this.#writer.end()
      this.#answered()
    } catch (thrown) {
      this.#fail(PlatformError.from(thrown))
    }
  }

  onReset(error: PlatformError): void {
    if (this.#state === 'over') return
    const failed = this.#cell
    this.#leaveCell()
    if (failed !== null && this.#mayRetry(error)) this.#find(failed.endpoint.id)
    else this.#fail(error)
  }

  onDrain(): void {
    this.#pump?.drained()
  }

  turnEnded(): void {
    this.#begin()
  }

  /** More of the answer is to come: sends what is there. */
  #begin(): void {
    if (this.#state !== 'waiting' || this.#head === null) return
    this.#state = 'answering'
    this.#moved()
    this.#response.on('drain', () => this.#clientDrained())
    try {
      this.#writer.begin(this.#head)
    } catch (thrown) {
      this.#fail(PlatformError.from(thrown))
    }
    const first = this.#first
    this.#first = null
    if (first !== null) this.#pass(first)
  }

  #find(failed: string | null): void {
    const { realm, key } = this.#asked.entry
    const place: Place = {
      found: ({ cell, realm }) => this.#state === 'waiting' && this.#send(cell, realm),
      failed: (thrown) => this.#fail(loadFailure(PlatformError.from(thrown), key.debug)),
    }
    this.#place = place
    tell(place, this.#context.finder.find(realm.id, failed))
  }

  #send(cell: CellConnection, realm: RouteRealm): void {
    this.#attempts++
    try {
      const head = this.#context.headWriter.write(this.#asked, realm)
      this.#stream = cell.link.open(head, { handlers: this, end: this.#pump === null })
    } catch (thrown) {
      this.#fail(PlatformError.from(thrown))
      return
    }
    this.#cell = cell
    cell.active++
    if (this.#pump === null) return
    if (this.#asked.expectsContinue && this.#attempts === 1) this.#response.writeContinue()
    this.#pump.attach(this.#stream)
  }

  #pass(chunk: Uint8Array): void {
    if (this.#state !== 'answering') return
    try {
      if (this.#writer.chunk(chunk) && this.#owedBytes === 0) this.#stream?.consumed(chunk.length)
      else this.#owedBytes += chunk.length
      this.#moved()
    } catch (thrown) {
      this.#fail(PlatformError.from(thrown))
    }
  }

  #clientDrained(): void {
    const bytes = this.#owedBytes
    this.#owedBytes = 0
    this.#moved()
    if (bytes > 0) this.#stream?.consumed(bytes)
  }

  #moved(): void {
    this.#lastMoveMs = this.#context.traffic.nowMs()
  }

  /** Only what cannot have been done yet, or may be done twice, is asked again; and once. */
  #mayRetry(error: PlatformError): boolean {
    if (
      error.code !== 'UNAVAILABLE' ||
      this.#attempts > 1 ||
      this.#head !== null ||
      this.#state !== 'waiting'
    )
      return false
    if (this.#pump !== null) return this.#pump.bytes === 0
    const { method } = this.#asked
    return error.details.refused === true || method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
  }

  #fail(error: PlatformError): void {
    if (this.#state === 'over' || this.#state === 'flushing') return
    const { id, entry, accept } = this.#asked
    if (error.code === 'PROTOCOL' || error.code === 'INTERNAL') {
      this.#context.log('warn', 'A request failed', {
        request: id,
        realm: entry.realm.id,
        code: error.code,
        why: error.message,
      })
    }
    this.#stream?.reset(error)
    if (this.#response.headersSent) this.#response.destroy()
    else sendError(this.#response, this.#shown(error), { requestId: id, accept })
    this.#answered()
  }

  /** A cell that was asked and went away is another thing than a cell that could not be found. */
  #shown(error: PlatformError): PlatformError {
    return error.code === 'UNAVAILABLE' && this.#attempts > 0 ? cellGone() : forClients(error)
  }

  /** All of the answer was given to the client's socket: the cell is free; the client may still have to take it. */
  #answered(): void {
    this.#leaveCell()
    // What is left of the request's body is not wanted: the cell hears no more of it, and the client has a moment to notice.
    if (this.#stream?.done === false) this.#stream.reset(new PlatformError('CANCELLED', 'answered'))
    if (this.#pump !== null) lingerThenClose(this.#request, this.#context.bounds.lingerMs)
    if (this.#response.writableLength === 0 || this.#response.destroyed) this.#over()
    else {
      this.#state = 'flushing'
      this.#context.traffic.answered(this)
      this.#moved()
    }
  }

  /** The client has everything, or has gone away. */
  #clientGone(): void {
    if (this.#state === 'over') return
    this.#leaveCell()
    this.#stream?.reset(new PlatformError('CANCELLED', 'the client went away'))
    this.#over()
  }

  #over(): void {
    this.#state = 'over'
    if (this.#place !== null) {
      this.#place.found = null
      this.#place.failed = null
    }
    this.#context.traffic.leave(this)
  }

  #leaveCell(): void {
    if (this.#cell !== null) this.#cell.active--
    this.#cell = null
  }
}

/** On its own, because a function made inside a request would hold that request. */
function tell(place: Place, finding: Promise<FoundCell>): void {
  finding.then((found) => place.found?.(found)).catch((thrown) => place.failed?.(thrown))
}
