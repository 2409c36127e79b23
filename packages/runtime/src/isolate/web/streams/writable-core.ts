import { promiseReject, promiseResolve, promiseThen } from '../primordials.ts'
import { ChunkQueue } from './chunk-queue.ts'
import { quiet, quietDeferred } from './deferred.ts'

/** Where the chunks go. All may throw or return a promise. */
export interface WritableSink {
  write?: (chunk: unknown) => unknown
  close?: () => unknown
  abort?: (reason: unknown) => unknown
}

/** What a stream knows of the writer that locks it. */
export interface WriterLink {
  ready: PromiseWithResolvers<undefined>
  closed: PromiseWithResolvers<undefined>
}

interface PendingAbort {
  deferred: PromiseWithResolvers<undefined>
  reason: unknown
  wasErroring: boolean
}

type Write = { chunk: unknown; deferred: PromiseWithResolvers<undefined> } | 'close'

/**
 * The state machine of a writable stream with its controller, https://streams.spec.whatwg.org/#ws-abstract-ops and
 * #ws-default-controller-abstract-ops. WritableStream and its writers are faces of it.
 */
export class WritableCore {
  state: 'writable' | 'erroring' | 'errored' | 'closed' = 'writable'
  error: unknown = undefined
  writer: WriterLink | null = null
  /** Told when the sink is about to be given up: the controller's AbortSignal. */
  onAborting: (reason: unknown) => void = () => undefined
  readonly #queue = new ChunkQueue<Write>()
  #sink: WritableSink
  readonly #highWaterMark: number
  readonly #sizeOf: (chunk: unknown) => number
  #started = false
  #backpressure = false
  #inFlight: Write | null = null
  #closeRequest: PromiseWithResolvers<undefined> | null = null
  #pendingAbort: PendingAbort | null = null

  constructor(sink: WritableSink, highWaterMark: number, sizeOf: (chunk: unknown) => number) {
    this.#sink = sink
    this.#highWaterMark = highWaterMark
    this.#sizeOf = sizeOf
    this.#backpressure = highWaterMark <= 0
  }

  /** To be called with the result of the sink's `start`. */
  start(result: unknown): void {
    promiseThen(
      promiseResolve(result),
      () => {
        this.#started = true
        this.#advance()
      },
      (error) => {
        this.#started = true
        this.#dealWithRejection(error)
      },
    )
  }

  get isClosing(): boolean {
    return this.#closeRequest !== null
  }

  get desiredSize(): number | null {
    if (this.state === 'errored' || this.state === 'erroring') return null
    return this.state === 'closed' ? 0 : this.#highWaterMark - this.#queue.size
  }

  lock(): WriterLink {
    if (this.writer) throw new TypeError('The stream is locked to a writer already')
    const link: WriterLink = { ready: quietDeferred(), closed: quietDeferred() }
    this.writer = link
    if (this.state === 'erroring' || this.state === 'errored') link.ready.reject(this.error)
    else if (this.state === 'closed' || this.isClosing || !this.#backpressure) link.ready.resolve(undefined)
    if (this.state === 'closed') link.closed.resolve(undefined)
    if (this.state === 'errored') link.closed.reject(this.error)
    return link
  }

  unlock(): void {
    const { writer } = this
    if (!writer) return
    const error = new TypeError('The writer was released')
    this.#rejectReady(error)
    writer.closed.reject(error)
    writer.closed = rejected(error)
    this.writer = null
  }

  write(chunk: unknown): Promise<undefined> {
    const size = this.#measure(chunk)
    if (this.state === 'errored' || this.state === 'erroring') return promiseReject(this.error)
    if (this.isClosing || this.state === 'closed') {
      return promiseReject(new TypeError('The stream is closing or closed and takes no more chunks'))
    }
    const deferred = quietDeferred<undefined>()
    this.#queue.push({ chunk, deferred }, size)
    this.#updateBackpressure()
    this.#advance()
    return deferred.promise
  }

  #measure(chunk: unknown): number {
    if (this.state !== 'writable') return 1
    try {
      const size = this.#sizeOf(chunk)
      if (size >= 0 && size < Number.POSITIVE_INFINITY) return size
      throw new RangeError('The size of a chunk must be a finite number of 0 or more')
    } catch (error) {
      this.fail(error)
      return 1
    }
  }

  close(): Promise<undefined> {
    if (this.state === 'closed' || this.state === 'errored') {
      return promiseReject(new TypeError(`A stream that is ${this.state} cannot be closed`))
    }
    if (this.isClosing) return promiseReject(new TypeError('The stream is closing already'))
    const request = quietDeferred<undefined>()
    this.#closeRequest = request
    if (this.#backpressure && this.state === 'writable') this.writer?.ready.resolve(undefined)
    this.#queue.push('close', 0)
    this.#advance()
    return request.promise
  }

  abort(reason: unknown): Promise<undefined> {
    if (this.state === 'closed' || this.state === 'errored') return promiseResolve(undefined)
    this.onAborting(reason)
    if (this.state !== 'writable' && this.state !== 'erroring') return promiseResolve(undefined)
    if (this.#pendingAbort) return this.#pendingAbort.deferred.promise
    const wasErroring = this.state === 'erroring'
    const deferred = quietDeferred<undefined>()
    this.#pendingAbort = { deferred, reason: wasErroring ? undefined : reason, wasErroring }
    if (!wasErroring) this.#startErroring(reason)
    return deferred.promise
  }

  /** The controller's `error`: nothing more is written, what is in flight is waited for. */
  fail(error: unknown): void {
    if (this.state === 'writable') this.#startErroring(error)
  }

  #startErroring(error: unknown): void {
    this.state = 'erroring'
    this.error = error
    this.#rejectReady(error)
    if (!this.#inFlight && this.#started) this.#finishErroring()
  }

  #rejectReady(error: unknown): void {
    const { writer } = this
    if (!writer) return
    writer.ready.reject(error)
    writer.ready = rejected(error)
  }

  #finishErroring(): void {
    this.state = 'errored'
    const sink = this.#sink
    this.#sink = {}
    while (!this.#queue.isEmpty) {
      const write = this.#queue.shift()
      if (write !== 'close') write.deferred.reject(this.error)
    }
    const abort = this.#pendingAbort
    this.#pendingAbort = null
    if (!abort || abort.wasErroring) {
      abort?.deferred.reject(this.error)
      this.#rejectClosed()
      return
    }
    promiseThen(
      attempt(() => sink.abort?.(abort.reason)),
      () => {
        abort.deferred.resolve(undefined)
        this.#rejectClosed()
      },
      (error) => {
        abort.deferred.reject(error)
        this.#rejectClosed()
      },
    )
  }

  #rejectClosed(): void {
    this.#closeRequest?.reject(this.error)
    this.#closeRequest = null
    this.writer?.closed.reject(this.error)
  }

  #dealWithRejection(error: unknown): void {
    if (this.state === 'writable') this.#startErroring(error)
    else if (this.state === 'erroring') this.#finishErroring()
  }

  #advance(): void {
    if (!this.#started || this.#inFlight) return
    if (this.state === 'erroring') this.#finishErroring()
    if (this.#queue.isEmpty || this.state !== 'writable') return
    const write = this.#queue.peek()
    this.#inFlight = write
    if (write === 'close') this.#runClose()
    else this.#runWrite(write)
  }

  #runClose(): void {
    this.#queue.shift()
    const done = attempt(() => this.#sink.close?.())
    this.#sink = {}
    promiseThen(
      done,
      () => this.#closed(),
      (error) => {
        this.#inFlight = null
        this.#closeRequest?.reject(error)
        this.#closeRequest = null
        this.#pendingAbort?.deferred.reject(error)
        this.#pendingAbort = null
        this.#dealWithRejection(error)
      },
    )
  }

  #closed(): void {
    this.#inFlight = null
    this.#closeRequest?.resolve(undefined)
    this.#closeRequest = null
    if (this.state === 'erroring') {
      this.error = undefined
      this.#pendingAbort?.deferred.resolve(undefined)
      this.#pendingAbort = null
    }
    this.state = 'closed'
    this.writer?.closed.resolve(undefined)
  }

  #runWrite(write: Exclude<Write, 'close'>): void {
    promiseThen(
      attempt(() => this.#sink.write?.(write.chunk)),
      () => {
        this.#inFlight = null
        write.deferred.resolve(undefined)
        this.#queue.shift()
        if (this.state === 'writable' && !this.isClosing) this.#updateBackpressure()
        this.#advance()
      },
      (error) => {
        this.#inFlight = null
        write.deferred.reject(error)
        this.#queue.shift()
        this.#dealWithRejection(error)
      },
    )
  }

  #updateBackpressure(): void {
    const backpressure = this.#highWaterMark - this.#queue.size <= 0
    if (this.writer && backpressure !== this.#backpressure) {
      if (backpressure) this.writer.ready = quietDeferred()
      else this.writer.ready.resolve(undefined)
    }
    this.#backpressure = backpressure
  }
}

function attempt(action: () => unknown): Promise<unknown> {
  try {
    return promiseResolve(action())
  } catch (error) {
    return promiseReject(error)
  }
}

function rejected(error: unknown): PromiseWithResolvers<undefined> {
  const deferred = quietDeferred<undefined>()
  deferred.reject(error)
  quiet(deferred.promise)
  return deferred
}
